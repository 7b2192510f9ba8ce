// Gives each requirement block its ID as an anchor, so that output.html#W-031 leads to the block.
for (const block of document.querySelectorAll("blockquote")) {
  const id = block.querySelector("p > strong:first-child")?.textContent ?? "";
  if (/^[WCSR]-\d{3}$/.test(id)) block.id = id;
}
if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
