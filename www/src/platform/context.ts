// The asynchronous context of the program: a zone of zone.js, which Angular uses, or that of `AsyncLocalStorage`.

/** Calls a function in a context. */
export type Run = <R>(act: () => R) => R

interface Hooks {
  AsyncResource: new (type: string, options: { requireManualDestroy: boolean }) => { runInAsyncScope: Run }
}

interface Contexts {
  Zone?: { current: { run: Run } }
  process?: { getBuiltinModule?(name: string): Hooks | undefined }
}

/** Returns the current zone, if there is one. */
export function currentZone(): Run | undefined {
  const zone = (globalThis as Contexts).Zone?.current
  return zone && ((act) => zone.run(act))
}

/** Returns the current context, if there is one. */
export function currentContext(): Run | undefined {
  const zone = currentZone()
  const hooks = zone ? undefined : (globalThis as Contexts).process?.getBuiltinModule?.('node:async_hooks')
  if (!hooks) return zone
  // Not by `AsyncLocalStorage.snapshot`, which is much slower. The resource needs no explicit destruction.
  const resource = new hooks.AsyncResource('HomingSocket', { requireManualDestroy: true })
  return (act) => resource.runInAsyncScope(act)
}
