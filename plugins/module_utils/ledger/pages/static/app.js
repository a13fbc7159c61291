// Wires search, table and detail together.

// Milliseconds of searching between two chances for the browser to paint and to take the next key.
const SLICE = 25;
// So many rows fill a screen: they are painted before the rest is looked through.
const SCREEN = 60;
// More rows than this are not printed.
const PRINTED = 3000;

const spec = JSON.parse(document.getElementById("data").textContent);
document.getElementById("data").remove();
const store = { nearlyFull: spec.nearlyFull, ledgers: spec.ledgers.map((ledger, number) => new Ledger(ledger, number)) };
store.byName = new Map(store.ledgers.map((ledger) => [ledger.name, ledger]));
const at = (id) => document.getElementById(id);
const grid = new Grid(at("grid"), (position) => go({ ...view, open: address(...rowAt(position)) }));
const channel = new MessageChannel();
let view = readView(store.ledgers);
let result = null;
let segments = [];
let words = [];
let turn = 0;
let shownColumns = "";
let opener = null;
let addressTimer = 0;
let messages = 0;

function go(next) {
  const hash = fragment(next);
  if (hash === (location.hash || "#")) apply(next);
  else location.hash = hash;
}

// Typing changes the address in place, and not for every letter: one step back leaves the search.
function replace(next) {
  apply(next);
  clearTimeout(addressTimer);
  addressTimer = setTimeout(() => history.replaceState(null, "", fragment(view)), 400);
}

function apply(next) {
  const before = view;
  view = next;
  const query = at("query");
  if (query.value !== view.query && document.activeElement !== query) query.value = view.query;
  const same = ["ledger", "query", "sort"].every((name) => before[name] === view[name])
    && JSON.stringify(before.filters) === JSON.stringify(view.filters);
  if (!same || !result) startSearch();
  showDetail();
}

function startSearch() {
  words = wordsOf(view.query);
  const current = store.byName.get(view.ledger);
  const job = search(store.ledgers, words, current, filtersOf(view));
  const mine = ++turn;
  let painted = performance.now();
  let shown = false;
  const step = () => {
    if (mine !== turn) return;
    const end = performance.now() + SLICE;
    let next = job.next();
    while (!next.done && performance.now() < end && (shown || next.value.total < SCREEN)) next = job.next();
    const first = next.value.total > 0 && !shown;
    result = next.value;
    if (next.done || first || performance.now() - painted > 250) {
      paint(next.done, shown);
      painted = performance.now();
      shown ||= first;
    }
    // the first result is on the screen before the search goes on
    if (!next.done) first ? requestAnimationFrame(() => later(step)) : later(step);
  };
  step();
}

// A message that an abandoned search had sent must not wake the new one.
function later(step) {
  const mine = ++messages;
  channel.port1.onmessage = (event) => { if (event.data === mine) step(); };
  channel.port2.postMessage(mine);
}

function rowAt(position) {
  for (const segment of segments) {
    if (position < segment.rows.length) return [segment.ledger, segment.rows[position]];
    position -= segment.rows.length;
  }
  return [store.ledgers[0], 0];
}

// The rows in the order in which they are shown: exact hits first, or by the chosen column.
function arrange() {
  const current = store.byName.get(view.ledger);
  const parts = current ? [current] : store.ledgers;
  const pieces = (kind) => parts.map((ledger) => ({ ledger, rows: result.hits[ledger.number][kind] }));
  segments = [...pieces("exact"), ...pieces("rows")].filter((piece) => piece.rows.length);
  if (current && view.sort) {
    const wanted = new Uint8Array(current.rows);
    for (const piece of segments) for (const row of piece.rows) wanted[row] = 1;
    const order = current.order(view.sort.replace(/^-/, "")).filter((row) => wanted[row]);
    segments = [{ ledger: current, rows: view.sort.startsWith("-") ? order.reverse() : order }];
  }
}

function paint(done, again) {
  const current = store.byName.get(view.ledger);
  if (!current && !words.length) {
    segments = store.ledgers.map((ledger) => ({ ledger, rows: [] }));
    showOverview();
  } else {
    arrange();
    const count = segments.reduce((sum, segment) => sum + segment.rows.length, 0);
    current ? showLedger(current, count, again) : showHits(count, again);
  }
  showStatus(done);
  showLedgers();
}

function setColumns(key, title, columns) {
  if (shownColumns !== key) grid.setColumns(title, columns());
  shownColumns = key;
}

const half = (text) => [...text].reduce((sum, letter) => sum + (letter.charCodeAt(0) > 0xff ? 2 : 1), 0);

function columnWidth(column) {
  const sample = (column.distinct || column.values).slice(0, 300).map((value) => column.worded(value));
  const longest = sample.reduce((most, text) => Math.max(most, half(text)), half(column.title) + 3);
  return Math.min(column.kind === "meter" ? 20 : longest, 34);
}

function showOverview() {
  at("heading").textContent = "台帳の一覧";
  const columns = [{ title: "台帳", width: 30 }, { title: "件数", width: 12, style: "number" }, { title: "項目", width: 60 }];
  setColumns("overview", "台帳の一覧", () => columns);
  grid.setRows(store.ledgers.length, (position) => {
    const ledger = store.ledgers[position];
    const count = ledger.missing && !ledger.rows ? "ファイルなし" : ledger.rows.toLocaleString("ja-JP");
    const link = element("a", { href: fragment({ ledger: ledger.name }) }, ledger.title);
    return [[link], [count], [ledger.columns.map((column) => column.title).join("、")]];
  });
}

function showHits(count, again) {
  at("heading").textContent = "検索結果";
  const columns = [{ title: "見出し", width: 30 }, { title: "台帳", width: 22 }, { title: "一致した項目", width: 60 }];
  setColumns("hits", "検索結果", () => columns);
  grid.setRows(count, (position) => {
    const [ledger, row] = rowAt(position);
    const text = [ledger.keyOf(row), ledger.nameOf(row)].filter(Boolean).join(" ");
    return [[element("a", { href: fragment({ ...view, open: address(ledger, row) }) }, text)], [ledger.title], matched(ledger, row)];
  }, again);
}

// The cells in which the words are, with their titles.
function matched(ledger, row) {
  const parts = [];
  for (const column of ledger.columns) {
    if (isMatch(column, row)) parts.push(parts.length ? "、" : "", `${column.title}: `, element("mark", {}, column.text(row)));
    if (parts.length > 12) break;
  }
  return parts;
}

function isMatch(column, row) {
  const value = column.value(row);
  if (value === "" || !words.length) return false;
  const text = column.distinct ? column.folded(column.numbers[row]) : foldCell(column.labelled(value));
  return words.some((needles) => needles.some((needle) => (!needle.kind || needle.kind === column.kind) && text.includes(needle.text)));
}

function showLedger(ledger, count, again) {
  at("heading").textContent = ledger.title;
  setColumns(`${ledger.name} ${view.sort}`, ledger.title, () => ledger.columns.map((column) => headOf(ledger, column)));
  grid.setRows(count, (position) => {
    const [, row] = rowAt(position);
    return ledger.columns.map((column) => {
      const content = column.name === ledger.key[0]
        ? [element("a", { href: fragment({ ...view, open: address(ledger, row) }) }, column.text(row))]
        : cellContent(store, ledger, column, row, view);
      return isMatch(column, row) ? [element("mark", {}, ...content)] : content;
    });
  }, again);
}

function headOf(ledger, column) {
  const ascending = view.sort === column.name;
  const descending = view.sort === `-${column.name}`;
  const arrow = element("span", { "aria-hidden": "true" }, ascending ? " ▲" : descending ? " ▼" : "");
  const button = element("button", { type: "button" }, column.title, arrow);
  button.addEventListener("click", () => {
    const next = view.sort === column.name ? `-${column.name}` : view.sort === `-${column.name}` ? "" : column.name;
    replace({ ...view, sort: next });
    [...grid.head.querySelectorAll("button")][ledger.columns.indexOf(column)].focus();
  });
  const style = ["integer", "meter"].includes(column.kind) ? "number" : null;
  const sort = ascending ? "ascending" : descending ? "descending" : "none";
  return { title: column.title, width: columnWidth(column), sort, button, filter: filterOf(column), style };
}

function filterOf(column) {
  const label = { "aria-label": `${column.title}で絞り込み` };
  const value = view.filters[column.name] || "";
  let field;
  if (column.distinct && column.distinct.length <= 60) {
    const values = [...column.distinct].sort((a, b) => compare(sortKey(a, column.kind), sortKey(b, column.kind)));
    const options = values.map((one) => element("option", { value: `=${one}` }, one === "" ? "（空）" : column.worded(one)));
    field = element("select", label, element("option", { value: "" }, ""), ...options);
    if (value && !values.includes(value.slice(1))) field.append(element("option", { value }, value.replace(/^=/, "")));
  } else {
    field = element("input", { ...label, type: "text", maxlength: 100, spellcheck: "false" });
  }
  field.value = value;
  field.addEventListener(field.matches("select") ? "change" : "input", () => {
    replace({ ...view, filters: { ...view.filters, [column.name]: field.value } });
  });
  return field;
}

function showStatus(done) {
  const count = segments.reduce((sum, segment) => sum + segment.rows.length, 0);
  const current = store.byName.get(view.ledger);
  const total = store.ledgers.reduce((sum, ledger) => sum + ledger.rows, 0);
  let text = `${counted(total)}（${store.ledgers.length} 台帳）`;
  if (words.length || current) text = count ? `${counted(count)}${current ? `（全 ${counted(current.rows)}）` : ""}` : "該当する行はありません";
  at("status").textContent = done ? text : count ? `${text}… 検索中` : "検索中…";
  at("more").textContent = current && current.missing ? `この台帳のファイルがない系統が ${current.missing} つあります。` : "";
}

// The list of ledgers stays where it was scrolled to; only its numbers and links change.
const links = [null, ...store.ledgers].map((ledger) => {
  const count = element("span", { class: "count" });
  const link = element("a", {}, ledger ? ledger.title : "すべて", count);
  at("ledgers").append(link);
  return { ledger, link, count };
});

function showLedgers() {
  const found = (ledger) => result.hits[ledger.number].exact.length + result.hits[ledger.number].rows.length;
  for (const { ledger, link, count } of links) {
    const name = ledger ? ledger.name : ALL;
    const number = ledger ? found(ledger) : result.total;
    const current = view.ledger === name;
    link.href = fragment({ ledger: name, query: view.query });
    link.classList.toggle("none", !number);
    count.textContent = number.toLocaleString("ja-JP");
    if (current !== link.hasAttribute("aria-current")) {
      if (current) {
        link.setAttribute("aria-current", "page");
        link.scrollIntoView({ block: "nearest", inline: "nearest" });
      } else link.removeAttribute("aria-current");
    }
  }
}

function showDetail() {
  const panel = at("detail");
  const found = view.open && openRow(store, view);
  const was = !panel.hidden;
  panel.hidden = !found;
  document.body.classList.toggle("with-detail", Boolean(found));
  document.title = found ? `${found.ledger.keyOf(found.row)} ${found.ledger.title}` : `台帳閲覧 ${spec.ward}`;
  if (found) {
    if (!was) opener = document.activeElement;
    panel.replaceChildren(...detailContent(store, view, found.ledger, found.row));
    panel.scrollTop = 0;
    if (document.activeElement !== at("query")) at("detail-title").focus();
  } else if (was) {
    panel.replaceChildren();
    opener && opener.isConnected ? opener.focus() : grid.focus();
  }
}

// What there is to make: columns of few values whole, others block by block.
function pieces() {
  const blocks = (ledger) => Array.from({ length: ledger.blockCount }, (_, number) => number);
  return store.ledgers.flatMap((ledger) => ledger.columns.flatMap((column) => (column.distinct
    ? [[column]]
    : blocks(ledger).map((number) => [column, number]))));
}

// The search texts are made in small pieces after loading, so that the first key press need not make them.
function prepare(work = pieces()) {
  const end = performance.now() + 12;
  while (work.length && performance.now() < end) {
    const [column, number] = work.pop();
    column.distinct ? column.folded(0) : column.block(number);
  }
  if (work.length) setTimeout(prepare, 0, work);
  else document.documentElement.dataset.ready = "yes";
}

at("ward").textContent = `台帳閲覧 ${spec.ward}`;
at("scope").textContent = `${spec.scope}　基準日 ${spec.today}　データ ${spec.digest.slice(0, 12)}`;
at("query").value = view.query;
at("query").addEventListener("input", () => replace({ ...view, query: at("query").value, open: "" }));
at("search").addEventListener("submit", (event) => { event.preventDefault(); grid.focus(); });
at("skip").addEventListener("click", (event) => { event.preventDefault(); at("query").focus(); });
addEventListener("hashchange", () => { clearTimeout(addressTimer); apply(readView(store.ledgers)); });
addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, select, textarea");
  if (event.key === "/" && !typing) { event.preventDefault(); at("query").select(); at("query").focus(); }
  if (event.key === "Escape" && view.open) { event.preventDefault(); go({ ...view, open: "" }); }
  if (event.key === "ArrowDown" && event.target === at("query")) { event.preventDefault(); grid.focus(); }
});
addEventListener("beforeprint", () => { grid.everything = PRINTED; grid.paint(true); });
addEventListener("afterprint", () => { grid.everything = false; grid.paint(true); });
apply(view);
setTimeout(prepare, 0);
