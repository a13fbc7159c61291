// Search: words over all columns of all ledgers, block by block, so that the first rows are on the screen before the last are looked at.

// Looks at the cells of a block; `marks` (one a row) goes up to 1 where a needle is in the cell and to 2 where it is the cell.
// Rows where `open` is 0 need no answer. Returns how many open rows still have no mark.
function markColumn(column, number, needle, marks, open, left) {
  const base = number * BLOCK;
  const size = marks.length;
  if (column.distinct) {
    const verdicts = column.verdicts(needle);
    if (!verdicts.some(Boolean)) return left;
    for (let row = 0; row < size; row++) {
      const verdict = verdicts[column.numbers[base + row]];
      if (verdict > marks[row]) {
        if (!marks[row] && open[row]) left--;
        marks[row] = verdict;
      }
    }
    return left;
  }
  const { text, starts } = column.block(number);
  if (left * 8 < size) {
    for (let row = 0; row < size; row++) {
      if (!open[row] || marks[row]) continue;
      const cell = text.slice(starts[row], starts[row + 1] - 1);
      if (cell.includes(needle)) {
        marks[row] = cell === needle ? 2 : 1;
        left--;
      }
    }
    return left;
  }
  let row = 0;
  for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, starts[row])) {
    while (starts[row + 1] <= at) row++;
    if (!marks[row] && open[row]) left--;
    const verdict = at === starts[row] && at + needle.length === starts[row + 1] - 1 ? 2 : 1;
    if (verdict > marks[row]) marks[row] = verdict;
    row++;
    if (row >= size) break;
  }
  return left;
}

function blockSize(ledger, number) {
  return Math.min(BLOCK, ledger.rows - number * BLOCK);
}

// One block of a ledger: 0 (no), 1 (hit) or 2 (hit, and a cell is exactly the first word) for each row.
function searchBlock(ledger, number, words, filters) {
  const size = blockSize(ledger, number);
  const open = new Uint8Array(size).fill(1);
  let count = size;
  for (const filter of filters) {
    count = narrow(open, matchFilter(ledger, number, filter, open, count));
    if (!count) return open;
  }
  words.forEach((needles, position) => {
    if (!count) return;
    const marks = new Uint8Array(size);
    let left = count;
    for (const column of ledger.searched) {
      for (const needle of needles) {
        if (left && (!needle.kind || needle.kind === column.kind)) left = markColumn(column, number, needle.text, marks, open, left);
      }
      if (!left) break;
    }
    count = narrow(open, marks, position === 0);
  });
  return open;
}

function matchFilter(ledger, number, filter, open, left) {
  const column = ledger.byName.get(filter.column);
  const marks = new Uint8Array(open.length);
  if (filter.exact !== undefined) {
    const base = number * BLOCK;
    for (let row = 0; row < marks.length; row++) marks[row] = column.value(base + row) === filter.exact ? 1 : 0;
    return marks;
  }
  for (const needle of filter.needles) {
    if (left && (!needle.kind || needle.kind === column.kind)) left = markColumn(column, number, needle.text, marks, open, left);
  }
  return marks;
}

// Closes rows without a mark; returns how many stay open. With `grade` an exact hit is kept as 2.
function narrow(open, marks, grade = false) {
  let count = 0;
  for (let row = 0; row < open.length; row++) {
    if (open[row]) {
      open[row] = marks[row] ? (grade ? marks[row] : open[row]) : 0;
      if (open[row]) count++;
    }
  }
  return count;
}

// All ledgers, the one that is looked at first. Yields after each block. `filters` belong to that one.
function* search(ledgers, words, current, filters) {
  const order = current ? [current, ...ledgers.filter((ledger) => ledger !== current)] : ledgers;
  const result = { hits: ledgers.map(() => ({ exact: [], rows: [] })), total: 0 };
  for (const ledger of order) {
    const own = ledger === current ? filters : [];
    const hits = result.hits[ledger.number];
    for (let number = 0; number < ledger.blockCount; number++) {
      const open = searchBlock(ledger, number, words, own);
      const base = number * BLOCK;
      for (let row = 0; row < open.length; row++) {
        if (open[row]) (open[row] === 2 && words.length ? hits.exact : hits.rows).push(base + row);
      }
      result.total = result.hits.reduce((sum, part) => sum + part.exact.length + part.rows.length, 0);
      yield result;
    }
  }
  return result;
}
