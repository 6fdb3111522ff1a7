// Times calls in turns, so that a busy moment hits all of them alike. Runs in Node and in a page.

const WINDOWS = 15;
const WINDOW_MS = 20;

/**
 * `calls`: [{ name, make, isAsync }]; `clock` gives milliseconds; `pick` takes one of many windows. Answers with
 * [{ name, ns }].
 */
export async function measure(calls, clock, pick = median) {
  const batches = [];
  for (const call of calls) batches.push(await batchOf(call, clock));
  const windows = calls.map(() => []);
  for (let window = 0; window < WINDOWS; window += 1) {
    for (const [at, call] of calls.entries()) windows[at].push((await time(call, batches[at], clock)) / batches[at]);
  }
  return calls.map(({ name }, at) => ({ name, ns: pick(windows[at]) * 1e6 }));
}

/** How many calls fill one window; finding out also warms up. */
async function batchOf(call, clock) {
  for (let batch = 1; ; batch *= 2) if ((await time(call, batch, clock)) >= WINDOW_MS) return batch;
}

async function time({ make, isAsync }, batch, clock) {
  const start = clock();
  if (isAsync) for (let made = 0; made < batch; made += 1) await make();
  else for (let made = 0; made < batch; made += 1) make();
  return clock() - start;
}

export function least(values) {
  return Math.min(...values);
}

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
