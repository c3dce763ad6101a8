/** A Ctrl-C reaches a process twice when its launcher passes it on: within this time two signals are one. */
const oneSignal = 1_000;

/** Resolves at the first SIGINT, SIGTERM, SIGHUP or when the launcher dies. A second one, later, ends the process at once. */
export function stopRequested(): AbortSignal {
  const stop = new AbortController();
  let first = 0;
  const onSignal = (): void => {
    if (!stop.signal.aborted) {
      first = Date.now();
      stop.abort();
    } else if (Date.now() - first > oneSignal) process.exit(1);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  // Only there when bin/rowhouse.cjs started us; it must not keep the process alive.
  process.once('disconnect', onSignal);
  process.channel?.unref();
  return stop.signal;
}

/** Waits for the signal. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    // Nothing else may be left to keep the process alive while it waits.
    const alive = setInterval(() => undefined, 60_000);
    signal.addEventListener(
      'abort',
      () => {
        clearInterval(alive);
        resolve();
      },
      { once: true },
    );
  });
}
