// The context that a program is in: a zone of zone.js, which Angular has, or what `AsyncLocalStorage` keeps.

/** Calls a function in a context. */
export type Run = <R>(act: () => R) => R

interface Hooks {
  AsyncResource: new (type: string, options: { requireManualDestroy: boolean }) => { runInAsyncScope: Run }
}

interface Contexts {
  Zone?: { current: { run: Run } }
  process?: { getBuiltinModule?(name: string): Hooks | undefined }
}

const run: Run = (act) => act()

/** The zone that is current, or none. */
export function currentZone(): Run | undefined {
  const zone = (globalThis as Contexts).Zone?.current
  return zone && ((act) => zone.run(act))
}

/** The context that is current. */
export function currentContext(): Run {
  const zone = currentZone()
  const hooks = zone ? undefined : (globalThis as Contexts).process?.getBuiltinModule?.('node:async_hooks')
  if (!hooks) return zone ?? run
  // Not by `AsyncLocalStorage.snapshot`, which costs much more. There is nothing to destroy.
  const resource = new hooks.AsyncResource('HomingSocket', { requireManualDestroy: true })
  return (act) => resource.runInAsyncScope(act)
}
