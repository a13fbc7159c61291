// The table: only the rows that can be seen are in the document, so that 100,000 rows scroll like twenty.

class Grid {
  constructor(root, onOpen) {
    this.root = root;
    this.onOpen = onOpen;
    this.body = element("tbody");
    this.head = element("thead");
    this.widths = element("colgroup");
    this.caption = element("caption", { class: "hidden" });
    this.table = element("table", {}, this.caption, this.widths, this.head, this.body);
    this.root.append(this.table);
    this.count = 0;
    this.active = 0;
    this.everything = false;
    this.root.addEventListener("scroll", () => this.paintSoon(), { passive: true });
    new ResizeObserver(() => this.paintSoon()).observe(this.root);
    this.body.addEventListener("click", (event) => {
      const line = event.target.closest("tr[data-row]");
      if (line && !event.target.closest("a") && !String(getSelection())) this.choose(Number(line.dataset.row));
    });
    this.body.addEventListener("keydown", (event) => this.key(event));
  }

  // columns: { title, width (in half-width characters), sort, button, filter }
  setColumns(name, columns) {
    this.caption.textContent = name;
    this.columns = columns;
    const total = columns.reduce((sum, column) => sum + column.width + 2, 0);
    this.table.style.width = `max(100%, ${total}ch)`;
    this.widths.replaceChildren(...columns.map((column) => {
      const col = element("col");
      col.style.width = `${column.width + 2}ch`;
      return col;
    }));
    const heads = columns.map((column) => element("th", { scope: "col", "aria-sort": column.sort }, column.button || column.title));
    const filters = columns.map((column) => element("td", {}, column.filter));
    const second = columns.some((column) => column.filter) ? [element("tr", { class: "filters" }, ...filters)] : [];
    this.head.replaceChildren(element("tr", {}, ...heads), ...second);
    this.table.setAttribute("aria-colcount", columns.length);
  }

  // cells(position) gives the contents of a row's cells: arrays of texts and elements.
  setRows(count, cells, keepPlace) {
    this.count = count;
    this.cells = cells;
    this.table.setAttribute("aria-rowcount", count + 1);
    if (!keepPlace) {
      this.root.scrollTop = 0;
      this.active = 0;
    }
    this.active = Math.min(this.active, Math.max(count - 1, 0));
    this.paint(true);
  }

  get rowHeight() {
    this.height ||= parseFloat(getComputedStyle(this.root).getPropertyValue("--row")) || 34;
    return this.height;
  }

  paintSoon() {
    if (!this.waiting) this.waiting = requestAnimationFrame(() => { this.waiting = 0; this.paint(false); });
  }

  paint(force) {
    const height = this.rowHeight;
    const seen = Math.ceil((this.root.clientHeight || 600) / height);
    const at = Math.floor(this.root.scrollTop / height);
    let first = Math.max(Math.min(at, this.count - seen) - 6, 0);
    let last = Math.min(first + seen + 14, this.count);
    if (this.everything) [first, last] = [0, Math.min(this.count, this.everything)];
    if (!force && first === this.first && last === this.last) return;
    const focused = this.body.contains(document.activeElement) ? document.activeElement.closest("tr")?.dataset.row : undefined;
    [this.first, this.last] = [first, last];
    const lines = [];
    for (let position = first; position < last; position++) lines.push(this.line(position));
    this.body.replaceChildren(this.space(first), ...lines, this.space(this.everything ? 0 : this.count - last));
    if (focused !== undefined) this.body.querySelector(`tr[data-row="${focused}"]`)?.focus({ preventScroll: true });
  }

  line(position) {
    const cells = this.cells(position).map((content, column) => {
      const cell = element(column ? "td" : "th", { scope: column ? null : "row", class: this.columns[column].style }, ...content);
      cell.title = cell.textContent;
      return cell;
    });
    const tabindex = position === this.active ? 0 : -1;
    return element("tr", { "data-row": position, "aria-rowindex": position + 2, tabindex, class: position % 2 ? "odd" : null }, ...cells);
  }

  space(rows) {
    const cell = element("td", { colspan: this.columns.length });
    cell.style.height = `${rows * this.rowHeight}px`;
    return element("tr", { class: "space", "aria-hidden": "true", hidden: rows <= 0 }, cell);
  }

  choose(position) {
    this.active = position;
    this.onOpen(position);
  }

  key(event) {
    const page = Math.max(Math.floor(this.root.clientHeight / this.rowHeight) - 2, 1);
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -this.count, End: this.count }[event.key];
    if (event.key === "Enter" && event.target.matches("tr")) {
      event.preventDefault();
      this.choose(Number(event.target.dataset.row));
    } else if (step && this.count) {
      event.preventDefault();
      this.moveTo(Math.max(0, Math.min(this.count - 1, this.active + step)));
    }
  }

  moveTo(position) {
    this.active = position;
    const top = position * this.rowHeight;
    const head = this.head.offsetHeight;
    if (top < this.root.scrollTop) this.root.scrollTop = top;
    else if (top + this.rowHeight + head > this.root.scrollTop + this.root.clientHeight) {
      this.root.scrollTop = top + this.rowHeight + head - this.root.clientHeight;
    }
    this.paint(true);
    this.focus();
  }

  focus() {
    this.body.querySelector(`tr[data-row="${this.active}"]`)?.focus({ preventScroll: true });
  }
}
