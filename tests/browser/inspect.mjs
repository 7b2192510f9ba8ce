// Runs inside a page; returns its problems as [kind, what]. It refers to nothing outside itself.
export function inspect() {
  const problems = [];
  const name = (element) => {
    const text = element.textContent.trim().replace(/\s+/g, " ").slice(0, 40);
    return `<${element.localName}${element.className ? ` class="${element.className}"` : ""}> “${text}”`;
  };
  const root = document.documentElement;
  if (!root.lang) problems.push(["lang", "the page does not name its language"]);
  if (!document.title) problems.push(["title", "the page has no title"]);

  // Nothing is wider than the page, unless it scrolls by itself.
  if (root.scrollWidth > root.clientWidth) problems.push(["overflow", `the page is ${root.scrollWidth} px wide`]);
  const scrolls = (element) => {
    for (let at = element; at && at !== root; at = at.parentElement) {
      if (["auto", "scroll", "hidden"].includes(getComputedStyle(at).overflowX)) return true;
    }
    return false;
  };
  const shown = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  for (const element of document.body.querySelectorAll("*")) {
    const box = element.getBoundingClientRect();
    if (!shown(element) || box.width === 0 || scrolls(element)) continue;
    if (box.right > root.clientWidth + 1 || box.left < -1) problems.push(["overflow", name(element)]);
  }
  // What scrolls by itself can be reached with the keyboard.
  for (const element of document.body.querySelectorAll("*")) {
    const scrollable = ["auto", "scroll"].includes(getComputedStyle(element).overflowX);
    if (shown(element) && scrollable && element.scrollWidth > element.clientWidth && element.tabIndex < 0) {
      problems.push(["keyboard", name(element)]);
    }
  }

  // Text against what is behind it: at least 4.5 to 1.
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (value) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = value;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const luminance = (data) => {
    const [r, g, b] = [...data].slice(0, 3).map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const colors = new Map();
  const color = (value) => {
    if (!colors.has(value)) colors.set(value, rgb(value));
    return colors.get(value);
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const data = color(getComputedStyle(at).backgroundColor);
      if (data[3] === 255) return data;
    }
    return color(matchMedia("(prefers-color-scheme: dark)").matches ? "#000" : "#fff");
  };
  const seen = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || seen.has(element) || !shown(element)) continue;
    seen.add(element);
    const [a, b] = [luminance(color(getComputedStyle(element).color)), luminance(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) problems.push(["contrast", `${ratio.toFixed(2)} in ${name(element)}`]);
    if (parseFloat(getComputedStyle(element).fontSize) < 12) problems.push(["small", name(element)]);
  }

  // Headings in order, one of the first level.
  let level = 0;
  for (const heading of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    const next = Number(heading.localName[1]);
    if (next > level + 1) problems.push(["heading", `level ${next} after ${level}: ${name(heading)}`]);
    level = next;
  }
  if (document.querySelectorAll("h1").length !== 1) problems.push(["heading", "there is not exactly one h1"]);

  // Names are unique, and links inside the page lead somewhere.
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of ids.filter((id, position) => ids.indexOf(id) !== position)) problems.push(["id", `#${id} twice`]);
  for (const link of document.querySelectorAll("a[href^='#']")) {
    if (!ids.includes(decodeURIComponent(link.hash.slice(1)))) problems.push(["link", link.hash]);
  }
  if (document.querySelector("script")) problems.push(["script", "the page has a script"]);
  return problems;
}
