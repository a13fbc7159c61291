// One row with everything that hangs on it: what it refers to, what refers to it, and who shares its subnet.

const SHOWN = 20;
const HOLDERS = { terminals: "ip", printers: "ip", network_devices: "mgmt_ip", servers: "ip" };

function openRow(store, view) {
  const at = view.open.indexOf("/");
  const ledger = store.byName.get(view.open.slice(0, at));
  const row = ledger ? ledger.find(view.open.slice(at + 1)) : -1;
  return row < 0 ? null : { ledger, row };
}

function detailContent(store, view, ledger, row) {
  const title = [ledger.title, ledger.keyOf(row), ledger.nameOf(row)].filter(Boolean).join(" ");
  const closed = fragment({ ...view, open: "" });
  const list = element("dl");
  for (const column of ledger.columns) {
    if (column.value(row) === "") continue;
    list.append(element("div", {}, element("dt", {}, column.title), element("dd", {}, ...cellContent(store, ledger, column, row, view))));
  }
  return [
    element("div", { class: "bar" },
      element("h2", { id: "detail-title", tabindex: "-1" }, title),
      element("a", { class: "close", href: closed, role: "button" }, "閉じる")),
    list,
    ...subnetOf(store, view, ledger, row),
    ...referring(store, view, ledger, row),
    ...(ledger.name === "subnets" ? addresses(store, view, ledger, row) : []),
  ];
}

function rowLink(view, ledger, row) {
  const text = [ledger.keyOf(row), ledger.nameOf(row)].filter(Boolean).join(" ");
  const state = ledger.byName.get("status");
  const link = element("a", { href: fragment({ ...view, open: address(ledger, row) }) }, text);
  return element("li", {}, link, state ? `（${state.text(row)}）` : "");
}

function group(title, view, ledger, rows, all) {
  const items = rows.slice(0, SHOWN).map((row) => rowLink(view, ledger, row));
  const more = rows.length > SHOWN ? [element("p", {}, element("a", { href: all }, `${counted(rows.length)}すべてを一覧で見る`))] : [];
  return element("section", {}, element("h3", {}, `${title}（${counted(rows.length)}）`), element("ul", {}, ...items), ...more);
}

// Rows of all ledgers that refer to this one, by ledger and column.
function referring(store, view, ledger, row) {
  const found = [];
  for (const other of store.ledgers) {
    for (const column of other.columns) {
      const reference = column.refs.filter((one) => one.ledgers.includes(ledger.name));
      if (!reference.length) continue;
      const value = ledger.cell(reference[0].to, row);
      const rows = value === "" ? [] : rowsOf(column, value).filter((one) => reference.some((part) => holds(other, one, part.when)));
      if (!rows.length) continue;
      const filter = column.list ? value : `=${value}`;
      const all = fragment({ ledger: other.name, filters: { [column.name]: filter } });
      found.push(group(`${other.title}・${column.title}`, view, other, rows, all));
    }
  }
  return found;
}

// First and last address of a subnet's row.
function span(ledger, row) {
  const [base, length] = ledger.cell("cidr", row).split("/");
  const first = ipNumber(base);
  return [first, first + 2 ** (32 - Number(length)) - 1];
}

function subnetOf(store, view, ledger, row) {
  const subnets = store.byName.get("subnets");
  const ip = HOLDERS[ledger.name] && ledger.cell(HOLDERS[ledger.name], row);
  if (!subnets || !ip) return [];
  const number = ipNumber(ip);
  for (let one = 0; one < subnets.rows; one++) {
    const [first, last] = span(subnets, one);
    if (first <= number && number <= last) return [group("サブネット", view, subnets, [one])];
  }
  return [];
}

// Who holds the addresses of a subnet, in the order of the addresses.
function addresses(store, view, subnets, row) {
  const [first, last] = span(subnets, row);
  const held = [];
  for (const [name, columnName] of Object.entries(HOLDERS)) {
    const ledger = store.byName.get(name);
    const column = ledger && ledger.byName.get(columnName);
    if (!column) continue;
    for (let one = 0; one < ledger.rows; one++) {
      const ip = column.value(one);
      const number = ip === "" ? NaN : ipNumber(ip);
      if (first <= number && number <= last) held.push({ number, ip, ledger, row: one });
    }
  }
  held.sort((a, b) => a.number - b.number);
  const items = held.map((one) => element("li", {}, `${one.ip} `, ...rowLink(view, one.ledger, one.row).childNodes));
  const title = element("h3", {}, `使用中のアドレス（${counted(held.length)}）`);
  return [element("section", {}, title, element("ol", { class: "plain" }, ...items))];
}
