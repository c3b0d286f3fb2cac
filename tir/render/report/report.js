"use strict";
/* Filters, sorts and pages the table, and shows the problem that the address names.
   All text of the page is already escaped; nothing here makes markup of text. */
(() => {
  const PAGE = 50;
  const MOST_CHOICES = 200;
  const byId = (id) => document.getElementById(id);
  const body = byId("rows").tBodies[0];
  const rows = Array.from(body.rows);
  const form = byId("filter");
  const selects = Array.from(form.querySelectorAll("select"));
  const heads = Array.from(byId("rows").tHead.rows[0].cells);
  const texts = new Map();
  const chunks = Array.from(document.querySelectorAll("script[data-first]"));
  const details = byId("details");
  let found = rows;
  let page = 0;

  const cell = (row, column) => row.cells[column].textContent.trim();
  const text = (row) => {
    if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase());
    return texts.get(row);
  };

  for (const select of selects) {
    const counts = new Map();
    for (const row of rows) {
      const value = cell(row, select.dataset.column);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    if (counts.size < 2 || counts.size > MOST_CHOICES) {
      select.parentElement.hidden = true;
      continue;
    }
    const order = new Intl.Collator("en", { numeric: true });
    for (const value of Array.from(counts.keys()).sort(order.compare)) {
      select.add(new Option(`${value || "(none)"} (${counts.get(value)})`, "=" + value));
    }
  }

  function draw() {
    const last = Math.max(0, Math.ceil(found.length / PAGE) - 1);
    page = Math.min(Math.max(page, 0), last);
    for (const row of body.querySelectorAll("tr.on")) row.classList.remove("on");
    const shown = found.slice(page * PAGE, (page + 1) * PAGE);
    for (const row of shown) row.classList.add("on");
    body.append(...shown);
    byId("count").textContent = `${found.length} of ${rows.length}`;
    byId("page").textContent = `Page ${page + 1} of ${last + 1}`;
    byId("before").disabled = page === 0;
    byId("after").disabled = page === last;
  }

  function filter() {
    const words = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = selects.filter((each) => each.value);
    found = rows.filter((row) =>
      wanted.every((each) => "=" + cell(row, each.dataset.column) === each.value) &&
      words.every((word) => text(row).includes(word)));
    sort();
    page = 0;
    draw();
  }

  function sort() {
    const head = heads.find((each) => each.ariaSort);
    if (!head) return;
    const column = heads.indexOf(head);
    const sign = head.ariaSort === "ascending" ? 1 : -1;
    const order = new Intl.Collator("en", { numeric: true });
    const keyed = found.map((row) => [cell(row, column).replaceAll(",", ""), row]);
    keyed.sort((a, b) => sign * order.compare(a[0], b[0]));
    found = keyed.map((pair) => pair[1]);
  }

  for (const head of heads) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const next = head.ariaSort === "ascending" ? "descending" : "ascending";
      for (const each of heads) each.ariaSort = null;
      head.ariaSort = next;
      filter();
    });
  }

  async function unpacked(number) {
    const chunk = chunks.find((each) =>
      Number(each.dataset.first) <= number && number <= Number(each.dataset.last));
    if (!chunk) return;
    chunks.splice(chunks.indexOf(chunk), 1);
    const bytes = Uint8Array.from(atob(chunk.textContent), (char) => char.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const page = document.createElement("template");
    page.innerHTML = await new Response(stream).text();
    chunk.remove();
    details.append(page.content);
  }

  async function show() {
    const number = Number(/^#p([0-9]+)$/.exec(location.hash)?.[1]);
    if (!number) return;
    if (!byId(`p${number}`)) await unpacked(number);
    const target = byId(`p${number}`);
    byId("none").hidden = Boolean(target);
    if (!target) return;
    for (const each of document.querySelectorAll(".shown")) each.classList.remove("shown");
    const problem = target.closest("details");
    problem.classList.add("shown");
    problem.open = true;
    const row = body.querySelector(`a[href="#p${number}"]`)?.closest("tr");
    row?.classList.add("shown");
    const at = found.indexOf(row);
    turn(target, ".before", found[at - 1]);
    turn(target, ".after", at < 0 ? undefined : found[at + 1]);
    problem.scrollIntoView();
    target.focus({ preventScroll: true });
  }

  function turn(target, which, row) {
    const link = target.querySelector(which);
    link.hidden = !row;
    if (row) link.href = row.querySelector("a").getAttribute("href");
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", filter);
  form.addEventListener("reset", () => {
    for (const each of heads) each.ariaSort = null;
    setTimeout(filter);
  });
  byId("before").addEventListener("click", () => { page -= 1; draw(); });
  byId("after").addEventListener("click", () => { page += 1; draw(); });
  addEventListener("hashchange", show);
  draw();
  show();
})();
