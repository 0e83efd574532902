// The context that a program is in: a zone of zone.js, which Angular has, or what `AsyncLocalStorage` keeps.

/** Calls a function in a context. */
export type Run = <R>(act: () => R) => R

interface Contexts {
  Zone?: { current: { run: Run } }
  process?: { getBuiltinModule?(name: string): { AsyncLocalStorage: { snapshot?(): Run } } | undefined }
}

const run: Run = (act) => act()

/** The zone that is current, or none. */
export function currentZone(): Run | undefined {
  const zone = (globalThis as Contexts).Zone?.current
  return zone && ((act) => zone.run(act))
}

/** The context that is current. */
export function currentContext(): Run {
  const { process } = globalThis as Contexts
  return currentZone() ?? process?.getBuiltinModule?.('node:async_hooks')?.AsyncLocalStorage.snapshot?.() ?? run
}
