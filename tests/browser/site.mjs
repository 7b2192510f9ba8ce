// Opens every page of the built book in Chromium, on a phone and on a screen, light and dark.
//
//   node site.mjs DIR [--shots DIR]
//
// A page must not be wider than the window, its text has to be read on its ground, nothing comes from the network, no script fails,
// and the search finds a requirement. Each problem is one line. Exit code: 0 none, 1 some.
import { chromium } from "playwright-core";
import { mkdirSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "./inspect.mjs";

const WIDTHS = [390, 1280];
const SCHEMES = ["light", "dark"];
// What concerns the pages of the book; the rest is mdBook's own frame around them.
const KINDS = ["overflow", "contrast", "lang", "title"];

const folder = resolve(process.argv[2]);
const shots = process.argv[3] === "--shots" ? process.argv[4] : undefined;
if (shots) mkdirSync(shots, { recursive: true });
const root = pathToFileURL(folder).href;
const pages = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith(".html") && !/^(404|toc|print)\.html$/.test(file));

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--disable-gpu", ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])],
});
const problems = [];
for (const colorScheme of SCHEMES) {
  for (const width of WIDTHS) {
    const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
    page.setDefaultTimeout(120_000);
    let file = "";
    const report = (what) => problems.push(`${file} ${colorScheme} ${width} px: ${what}`);
    page.on("pageerror", (error) => report(`script: ${error}`));
    page.on("request", (request) => {
      if (!/^(data:|file:)/.test(request.url())) report(`request: ${request.url()}`);
    });
    for (file of pages) {
      await page.goto(`${root}/${file}`);
      const found = await page.evaluate(inspect);
      for (const [kind, what] of found) if (KINDS.includes(kind)) report(`${kind}: ${what}`);
      if (shots) await page.screenshot({ path: join(shots, `${file.replaceAll("/", "-").replace(".html", "")}-${colorScheme}-${width}.png`) });
    }
    await page.close();
  }
}
problems.push(...(await search()));
await browser.close();
for (const problem of problems.slice(0, 50)) console.log(problem);
if (problems.length > 50) console.log(`… and ${problems.length - 50} more`);
console.log(`${pages.length} pages, ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);

// The search leads to the chapter of a word that stands in one place.
async function search() {
  const page = await browser.newPage({ viewport: { width: 390, height: 900 } });
  page.setDefaultTimeout(120_000);
  await page.goto(`${root}/index.html`);
  await page.keyboard.press("s");
  await page.locator("#mdbook-searchbar").waitFor();
  await page.locator("#mdbook-searchbar").pressSequentially("was_cancelled");
  const first = page.locator("#mdbook-searchresults a").first();
  await first.waitFor();
  const links = await page.locator("#mdbook-searchresults a").evaluateAll((all) => all.map((link) => link.getAttribute("href")));
  await page.close();
  return links.some((link) => link.includes("cancellation.html")) ? [] : [`the search for was_cancelled gives ${links.slice(0, 5).join(" ")}`];
}
