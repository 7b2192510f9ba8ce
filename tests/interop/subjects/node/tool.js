// The interop tool as a Node worker: `@bazel/worker` around the same work as subjects/java/Tool.java.
//
// Startup flags: --persistent_worker, --jobs=N (ignored).
const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const worker = require('@bazel/worker');

// Does one request; the library knows only success (true) and failure (false). Messages go to stderr, which it
// collects into `output`.
async function run(args) {
  const input = [];
  const options = {};
  for (const arg of args) {
    const [, name, value] = /^--(out|in|print|fail|delay-ms|panic|read-stdin)(?:=([^]*))?$/.exec(arg) || [];
    if (!name) return usage(`unknown argument ${arg}`);
    if (name === 'in') input.push(value);
    else if (name === 'print') worker.log(value);
    else options[name] = value ?? '';
  }
  if (!args.length) return usage('no arguments');
  await new Promise((done) => setTimeout(done, Number(options['delay-ms'] || 0)));
  if ('panic' in options) throw new Error('panic on request');
  if ('read-stdin' in options) worker.log(`${fs.readFileSync(0).length} bytes`);
  if (Number(options.fail || 0)) return false;
  if (options.out) concatenate(options.out, input);
  return true;
}

function usage(problem) {
  worker.log(`${problem}; usage: --out=PATH --in=PATH --print=TEXT --fail=CODE --delay-ms=N --panic --read-stdin`);
  return false;
}

// Writes the inputs one after another, each below a line `# path sha256`.
function concatenate(out, input) {
  const parts = input.flatMap((name) => {
    const content = fs.readFileSync(name);
    return [Buffer.from(`# ${name} ${crypto.createHash('sha256').update(content).digest('hex')}\n`), content];
  });
  fs.mkdirSync(path.dirname(out), { recursive: true });
  fs.writeFileSync(out, Buffer.concat(parts));
}

// Drops the startup flags and expands each `@file`, one argument a line, as a one-shot run does.
function oneShotArguments(argv) {
  return argv.filter((arg) => !arg.startsWith('--jobs=')).flatMap((arg) => {
    if (!/^@[^@]/.test(arg)) return [arg];
    const lines = fs.readFileSync(arg.slice(1), 'utf8').split('\n');
    if (lines.at(-1) === '') lines.pop();
    return lines;
  });
}

const argv = process.argv.slice(2);
if (worker.runAsWorker(argv)) {
  worker.runWorkerLoop(run);
} else {
  run(oneShotArguments(argv)).then((ok) => { process.exitCode = ok ? 0 : 1; });
}
