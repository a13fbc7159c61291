// What is looked at, kept in the address's fragment, so that the browser's back button and a copied address work.
// Fragment: l = ledger, q = query, s = column (with "-" before it for descending), o = ledger/key of the opened row, f.<column> = filter.

const ALL = "";

function readView(ledgers) {
  const parts = new URLSearchParams(location.hash.slice(1));
  const part = (name) => parts.get(name) || "";
  const view = { ledger: part("l"), query: part("q"), sort: part("s"), open: part("o"), filters: {} };
  const ledger = ledgers.find((one) => one.name === view.ledger);
  if (!ledger) view.ledger = ALL;
  for (const [name, value] of parts) {
    if (ledger && name.startsWith("f.") && value && ledger.byName.has(name.slice(2))) view.filters[name.slice(2)] = value;
  }
  if (!ledger || !ledger.byName.has(view.sort.replace(/^-/, ""))) view.sort = "";
  return view;
}

function fragment(view) {
  const parts = new URLSearchParams();
  if (view.ledger) parts.set("l", view.ledger);
  if (view.query) parts.set("q", view.query);
  if (view.sort) parts.set("s", view.sort);
  for (const [name, value] of Object.entries(view.filters || {})) if (value) parts.set(`f.${name}`, value);
  if (view.open) parts.set("o", view.open);
  return `#${parts}`;
}

// "=value" is exactly the value (from a list), everything else is searched for, as one phrase.
function filtersOf(view) {
  return Object.entries(view.filters).filter(([, value]) => value.trim()).map(([column, value]) => {
    if (value.startsWith("=")) return { column, exact: value.slice(1) };
    const phrase = fold(value).trim();
    return { column, needles: /\s/.test(phrase) ? [{ text: phrase, kind: "" }] : wordsOf(phrase)[0] };
  });
}

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const counted = (number) => `${number.toLocaleString("ja-JP")} 件`;

// A cell's content: a link where it refers to another row, a bar where it is a share.
function cellContent(store, ledger, column, row, view) {
  const value = column.value(row);
  if (column.kind === "meter" && value !== "") {
    const bar = element("meter", { min: 0, max: 100, high: store.nearlyFull, optimum: 0, value, "aria-hidden": "true" });
    return [bar, ` ${value}%`];
  }
  if (value === "" || !column.refs.length) return [column.text(row)];
  const items = column.list ? value.split(column.list) : [value];
  return items.flatMap((item, position) => {
    const target = targetOf(store, ledger, column, row, item);
    const text = column.worded(item);
    const link = target ? element("a", { href: fragment({ ...view, open: target }) }, text) : text;
    return position ? [" ", link] : [link];
  });
}

// "ledger/key" of the row that a cell refers to; empty when it is not there.
function targetOf(store, ledger, column, row, item) {
  for (const reference of column.refs) {
    if (!holds(ledger, row, reference.when)) continue;
    for (const name of reference.ledgers) {
      const other = store.byName.get(name);
      const rows = other ? rowsOf(other.byName.get(reference.to), item) : [];
      if (rows.length) return address(other, newest(other, rows));
    }
  }
  return "";
}

const holds = (ledger, row, when) => Object.entries(when || {}).every(([name, values]) => values.includes(ledger.cell(name, row)));
const address = (ledger, row) => `${ledger.name}/${ledger.keyOf(row)}`;

// Of a row with a history (sections) the one that is valid last.
function newest(ledger, rows) {
  return rows.length === 1 || !ledger.byName.has("valid_from")
    ? rows[0]
    : rows.reduce((best, row) => (ledger.cell("valid_from", row) > ledger.cell("valid_from", best) ? row : best));
}
