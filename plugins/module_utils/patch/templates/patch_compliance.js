"use strict";
// The list of terminals: filtered and sorted over packed columns, and only the rows in sight are drawn. Texts reach the page as text only.
(() => {
  const ROW = 28;
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = (id) => document.getElementById(id);
  const element = (name, text, attributes = {}) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const fold = (text) => text.normalize("NFKC").toLowerCase();
  const own = (map, key) => (Object.hasOwn(map, key) ? map[key] : key);
  const words = data.words;
  const total = data.names.length;
  const dept = (row) => own(words.depts, data.depts[row]);
  const ring = (row) => own(words.rings, data.rings[row]);
  const standing = (row) => words.standings[Number(data.standings[row])];
  const reason = (row) => (data.reasons[row] ? words.reasons[data.reasons[row]].join(" → ") : "");
  const columns = [
    ["端末", (row) => data.names[row]],
    ["課", dept],
    ["状況", standing, (row) => data.standings[row]],
    ["未適用", (row) => String(data.open[row]), (row) => data.open[row]],
    ["最終報告", (row) => data.reports[row]],
    ["理由 → 対応", reason],
    ["最終動作", (row) => data.signs[row]],
    ["リング", ring],
    ["機種", (row) => data.models[row]],
  ];
  const texts = data.names.map((name, row) => fold([name, dept(row), data.models[row]].join("\n")));
  let shown = [];
  let order = { column: 0, down: false };
  let chosen = -1;
  let drawn = [0, 0];

  function fill(id, entries) {
    const select = at(id);
    select.append(element("option", "すべて", { value: "" }));
    for (const [value, text] of entries) select.append(element("option", text, { value }));
    select.addEventListener("change", apply);
  }
  const sorted = (values) => [...new Set(values)].sort();
  fill("ring", sorted(data.rings).map((code) => [code, own(words.rings, code)]));
  fill("dept", sorted(data.depts).map((code) => [`=${code}`, own(words.depts, code)]));
  fill("standing", sorted(data.standings).map((code) => [code, words.standings[Number(code)]]));
  fill("reason", sorted(data.reasons.filter(Boolean)).map((code) => [code, words.reasons[code][0]]));
  fill("kb", data.kbs.map(([kb, title], number) => [String(number), `KB${kb} ${title}`]));
  fill("state", words.states.map((word, number) => [String(number), word]));
  at("text").addEventListener("input", apply);

  const list = at("list");
  const head = element("div", undefined, { class: "row head", role: "row", "aria-rowindex": "1" });
  columns.forEach(([title], number) => {
    const cell = element("div", undefined, { role: "columnheader" });
    const button = element("button", title, { type: "button" });
    button.addEventListener("click", () => {
      order = { column: number, down: order.column === number && !order.down };
      apply();
    });
    cell.append(button);
    head.append(cell);
  });
  const rows = element("div", undefined, { id: "rows", role: "rowgroup" });
  list.append(head, rows);

  function apply() {
    const query = fold(at("text").value.trim()).split(/\s+/).filter(Boolean);
    const [wantedRing, wantedDept, wantedStanding, wantedReason] = ["ring", "dept", "standing", "reason"].map((id) => at(id).value);
    const kb = at("kb").value;
    const state = at("state").value;
    at("state").disabled = kb === "";
    const states = kb === "" ? "" : data.states[Number(kb)];
    shown = [];
    for (let row = 0; row < total; row += 1) {
      if (wantedRing && data.rings[row] !== wantedRing) continue;
      if (wantedDept && `=${data.depts[row]}` !== wantedDept) continue;
      if (wantedStanding && data.standings[row] !== wantedStanding) continue;
      if (wantedReason && data.reasons[row] !== wantedReason) continue;
      if (kb !== "" && state !== "" && states[row] !== state) continue;
      if (!query.every((word) => texts[row].includes(word))) continue;
      shown.push(row);
    }
    const [, text, key] = columns[order.column];
    const keys = new Map(shown.map((row) => [row, (key || text)(row)]));
    const sign = order.down ? -1 : 1;
    shown.sort((one, other) => {
      const [a, b] = [keys.get(one), keys.get(other)];
      return a < b ? -sign : a > b ? sign : one - other;
    });
    [...head.children].forEach((cell, number) => {
      cell.setAttribute("aria-sort", number === order.column ? (order.down ? "descending" : "ascending") : "none");
    });
    at("count").textContent = `${shown.length.toLocaleString("ja-JP")} / ${total.toLocaleString("ja-JP")} 台`;
    list.setAttribute("aria-rowcount", String(shown.length + 1));
    rows.style.height = `${shown.length * ROW}px`;
    list.scrollTop = 0;
    draw();
  }

  // After a scroll (again) rows that stand already are left alone; a row keeps the focus when it is drawn anew.
  function draw(again = false) {
    const first = Math.max(0, Math.floor(list.scrollTop / ROW) - 5);
    const last = Math.min(shown.length, first + Math.ceil(list.clientHeight / ROW) + 10);
    if (again && drawn[0] === first && drawn[1] === last) return;
    drawn = [first, last];
    const focused = document.activeElement && rows.contains(document.activeElement) ? document.activeElement.dataset.row : "";
    const pieces = [];
    for (let place = first; place < last; place += 1) {
      const row = shown[place];
      const line = element("div", undefined, { class: "row", role: "row", tabindex: "0", "aria-rowindex": String(place + 2) });
      line.style.top = `${place * ROW}px`;
      line.dataset.row = String(row);
      if (row === chosen) line.setAttribute("aria-selected", "true");
      for (const [, text] of columns) line.append(element("div", text(row), { role: "gridcell", title: text(row) }));
      pieces.push(line);
    }
    rows.replaceChildren(...pieces);
    if (focused) pieces.find((line) => line.dataset.row === focused)?.focus({ preventScroll: true });
  }

  function detail(row) {
    chosen = row;
    const table = element("table");
    const header = element("tr");
    header.append(element("th", "KB"), element("th", "更新プログラム"), element("th", "状態"));
    table.append(header);
    data.kbs.forEach(([kb, title], number) => {
      const digit = data.states[number][row];
      const line = element("tr");
      const word = digit === undefined ? "記録なし" : digit === "-" ? "除外" : words.states[Number(digit)];
      line.append(element("td", `KB${kb}`), element("td", title), element("td", word));
      table.append(line);
    });
    const facts = `${dept(row)}　${data.models[row]}　${standing(row)}　最終報告 ${data.reports[row] || "なし"}　${reason(row)}`;
    at("detail").replaceChildren(element("h3", data.names[row]), element("p", facts), table);
    at("detail").hidden = false;
    draw();
  }

  rows.addEventListener("click", (event) => {
    const line = event.target.closest(".row");
    if (line) detail(Number(line.dataset.row));
  });
  rows.addEventListener("keydown", (event) => {
    const line = event.target.closest(".row");
    const next = line && { ArrowDown: line.nextElementSibling, ArrowUp: line.previousElementSibling }[event.key];
    if (next) {
      event.preventDefault();
      next.focus();
    } else if (line && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      detail(Number(line.dataset.row));
    }
  });
  let drawing = false;
  list.addEventListener("scroll", () => {
    if (drawing) return;
    drawing = true;
    requestAnimationFrame(() => { drawing = false; draw(true); });
  });
  at("panel").classList.remove("script");
  apply();
})();
