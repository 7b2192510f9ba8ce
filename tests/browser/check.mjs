// Opens pages in Chromium, light and dark, narrow and wide, and looks for what makes a page hard to read.
//
//   node check.mjs [--shots DIR] [--expect KIND,...] FILE.html...
//
// Each problem is one line: page, scheme, width, kind, what. With --expect exactly these kinds of problems have to be
// there: so it is tested that each of them is seen. Exit code: 0 as expected, 1 not, 2 usage.
import { chromium } from "playwright-core";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "./inspect.mjs";

const WIDTHS = [360, 1280];
const SCHEMES = ["light", "dark"];

const files = [];
let shots, expected;
for (let rest = process.argv.slice(2); rest.length > 0; rest = rest.slice(1)) {
  if (rest[0] === "--shots") shots = (rest = rest.slice(1))[0];
  else if (rest[0] === "--expect") expected = new Set((rest = rest.slice(1))[0].split(","));
  else files.push(rest[0]);
}
if (files.length === 0) {
  console.error("check.mjs: name at least one page");
  process.exit(2);
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  // As root, as in a container, Chromium runs without its sandbox only. The pages are ours.
  args: ["--disable-gpu", ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])],
});
let failed = 0;
for (const file of files) {
  const problems = [];
  for (const colorScheme of SCHEMES) {
    for (const width of WIDTHS) {
      const found = await look(file, colorScheme, width);
      problems.push(...found.map(([kind, what]) => ({ kind, text: `${basename(file)} ${colorScheme} ${width} px: ${kind}: ${what}` })));
    }
  }
  const kinds = new Set(problems.map(({ kind }) => kind));
  const missing = [...(expected ?? [])].filter((kind) => !kinds.has(kind));
  const surplus = problems.filter(({ kind }) => !expected?.has(kind));
  for (const kind of missing) console.log(`${basename(file)}: the problem ${kind} was not seen`);
  for (const { text } of surplus.slice(0, 20)) console.log(text);
  if (surplus.length > 20) console.log(`… and ${surplus.length - 20} more`);
  const good = missing.length + surplus.length === 0;
  failed += good ? 0 : 1;
  console.log(`${good ? "ok" : "FAILED"} ${basename(file)}`);
}
await browser.close();
console.log(`${files.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

// The problems of a page at one width and in one scheme, as [kind, what].
async function look(file, colorScheme, width) {
  const problems = [];
  const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
  // A busy machine may draw slowly; what hangs is still ended.
  page.setDefaultTimeout(120_000);
  const url = pathToFileURL(resolve(file)).href;
  page.on("console", (message) => problems.push(["console", message.text()]));
  page.on("pageerror", (error) => problems.push(["console", String(error)]));
  page.on("dialog", (dialog) => {
    problems.push(["console", `a dialog: ${dialog.message()}`]);
    return dialog.dismiss();
  });
  page.on("request", (request) => {
    if (request.url() !== url && !request.url().startsWith("data:")) problems.push(["request", request.url()]);
  });
  await page.goto(url);
  const shot = async (what, height) =>
    shots &&
    (await page.screenshot({
      path: `${shots}/${basename(file, ".html")}-${colorScheme}-${width}-${what}.png`,
      fullPage: true,
      clip: { x: 0, y: 0, width, height: Math.min(height, await page.evaluate(() => document.documentElement.scrollHeight)) },
    }));
  await shot("top", 900);
  problems.push(...(await page.evaluate(inspect)));
  // Also what is folded at first.
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
  problems.push(...(await page.evaluate(inspect)));
  await shot("all", 6000);
  // What the filter does depends on neither.
  if (colorScheme === SCHEMES[0] && width === WIDTHS.at(-1)) problems.push(...(await filters(page)));
  await page.close();
  return problems;
}

// Each button of the filter leaves the rows of its verdict.
async function filters(page) {
  const problems = [];
  for (const label of await page.locator("fieldset.filter label").all()) {
    const text = (await label.innerText()).trim();
    const [, verdict, count] = text.match(/^(\S+) (\d+)$/) ?? [null, text, "-1"];
    await label.click();
    const rows = await page.locator("table.requirements tbody tr:visible").evaluateAll((all) => all.map((row) => row.className));
    const others = rows.filter((name) => verdict !== "all" && name !== `v-${verdict}`);
    if (rows.length !== Number(count) || others.length > 0) problems.push(["filter", `${text} shows ${rows.length} rows, ${others.length} of others`]);
  }
  return problems;
}
