// The ledgers as the page's data gives them: by column, with the searchable text of a column made when it is first needed.

const BLOCK = 8192;

class Column {
  constructor(spec, rows) {
    Object.assign(this, { name: spec.name, title: spec.title, kind: spec.kind, list: spec.list || "", refs: spec.refs || [] });
    this.both = Boolean(spec.both);
    this.labels = new Map(Object.entries(spec.labels || {}));
    if (spec.d) {
      this.distinct = spec.d;
      this.numbers = unpack(spec.x, spec.w);
      this.found = new Map();
    } else {
      this.values = spec.l || (rows ? spec.v.split("\n") : []);
      this.blocks = [];
    }
  }

  value(row) {
    return this.distinct ? this.distinct[this.numbers[row]] : this.values[row];
  }

  // What people read: the value, and the word for it.
  text(row) {
    return this.worded(this.value(row));
  }

  worded(value) {
    const word = this.labels.get(value);
    if (word === undefined) return value;
    return this.both ? `${value} ${word}` : word;
  }

  // The search text of a distinct value: also the code behind the word.
  folded(number) {
    if (!this.foldedWords) {
      this.foldedWords = this.distinct.map((value) => {
        const word = this.labels.get(value);
        return word === undefined ? foldCell(value) : `${foldCell(value)}\n${foldCell(word)}`;
      });
    }
    return this.foldedWords[number];
  }

  // 0, 1 (contains) or 2 (equals) for every distinct value.
  verdicts(needle) {
    let marks = this.found.get(needle);
    if (!marks) {
      if (this.found.size > 24) this.found.clear();
      marks = Uint8Array.from(this.distinct, (value, number) => {
        const text = this.folded(number);
        return text.includes(needle) ? (text.split("\n").includes(needle) ? 2 : 1) : 0;
      });
      this.found.set(needle, marks);
    }
    return marks;
  }

  // The folded cells of a block as one text, a line a cell, and where each begins.
  block(number) {
    if (!this.blocks[number]) {
      const cells = this.values.slice(number * BLOCK, (number + 1) * BLOCK);
      const plain = cells.map((cell) => this.labelled(cell)).join("\n");
      const text = `${foldCell(plain)}\n`;
      const starts = new Uint32Array(cells.length + 1);
      for (let row = 0, at = 0; row < cells.length; row++) {
        at = text.indexOf("\n", at) + 1;
        starts[row + 1] = at;
      }
      this.blocks[number] = { text, starts };
    }
    return this.blocks[number];
  }

  labelled(cell) {
    const word = this.labels.get(cell);
    const text = word === undefined ? cell : `${cell} ${word}`;
    return text.includes("\n") ? text.replaceAll("\n", " ") : text;
  }
}

class Ledger {
  constructor(spec, number) {
    const { name, title, key, label, rows, missing } = spec;
    Object.assign(this, { name, title, key, label, rows, missing, number });
    this.columns = spec.columns.map((column) => new Column(column, spec.rows));
    this.byName = new Map(this.columns.map((column) => [column.name, column]));
    // few distinct values are quickest to look through, and often decide a whole block
    this.searched = [...this.columns].sort((a, b) => (a.distinct ? 0 : 1) - (b.distinct ? 0 : 1));
    this.orders = new Map();
  }

  get blockCount() {
    return Math.ceil(this.rows / BLOCK);
  }

  cell(name, row) {
    const column = this.byName.get(name);
    return column ? column.value(row) : "";
  }

  keyOf(row) {
    return this.key.map((name) => this.cell(name, row)).join(" / ");
  }

  nameOf(row) {
    return this.label ? this.cell(this.label, row) : "";
  }

  find(key) {
    if (this.key.length === 1) return rowOf(this.byName.get(this.key[0]), key);
    for (let row = 0; row < this.rows; row++) if (this.keyOf(row) === key) return row;
    return -1;
  }

  // Row numbers in the order of a column; empty cells last.
  order(name) {
    if (!this.orders.has(name)) {
      const column = this.byName.get(name);
      const ranks = column.distinct ? ranked(column.distinct, column.kind) : null;
      const keys = ranks ? null : sortKeys(column);
      const order = Array.from({ length: this.rows }, (_, row) => row);
      const byRank = (a, b) => ranks[column.numbers[a]] - ranks[column.numbers[b]] || a - b;
      order.sort(ranks ? byRank : (a, b) => compare(keys[a], keys[b]) || a - b);
      this.orders.set(name, order);
    }
    return this.orders.get(name);
  }
}

function unpack(text, width) {
  const bytes = atob(text);
  const out = new (width === 1 ? Uint8Array : width === 2 ? Uint16Array : Uint32Array)(bytes.length / width);
  for (let i = 0, at = 0; i < out.length; i++) {
    let number = 0;
    for (let shift = 0; shift < width * 8; shift += 8) number |= bytes.charCodeAt(at++) << shift;
    out[i] = number >>> 0;
  }
  return out;
}

function rowOf(column, value) {
  if (!column) return -1;
  if (!column.distinct) return column.values.indexOf(value);
  const number = column.distinct.indexOf(value);
  return number < 0 ? -1 : column.numbers.indexOf(number);
}

// All rows whose cell is the value, or holds it in a list.
function rowsOf(column, value) {
  const hit = (cell) => cell === value || (column.list && cell.split(column.list).includes(value));
  const rows = [];
  if (column.distinct) {
    const good = column.distinct.map(hit);
    if (good.includes(true)) column.numbers.forEach((number, row) => good[number] && rows.push(row));
  } else {
    column.values.forEach((cell, row) => hit(cell) && rows.push(row));
  }
  return rows;
}

const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const LAST = "\uffff";

function ipNumber(text) {
  const part = /^(\d+)\.(\d+)\.(\d+)\.(\d+)(?:\/(\d+))?$/.exec(text);
  return part ? ((part[1] * 256 + +part[2]) * 256 + +part[3]) * 256 + +part[4] : NaN;
}

function sortKey(value, kind) {
  if (kind === "integer" || kind === "meter") return value === "" ? Infinity : Number(value);
  if (kind === "ip") return value === "" ? Infinity : ipNumber(value);
  return value === "" ? LAST : value;
}

const sortKeys = (column) => column.values.map((value) => sortKey(value, column.kind));

function ranked(values, kind) {
  const keys = values.map((value) => sortKey(value, kind));
  const order = [...values.keys()].sort((a, b) => compare(keys[a], keys[b]));
  const ranks = new Uint32Array(values.length);
  order.forEach((number, rank) => { ranks[number] = rank; });
  return ranks;
}
