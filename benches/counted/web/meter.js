// What is counted: executed instructions of WebAssembly, calls through its boundary, and executed source of JavaScript.

import { execFileSync } from 'node:child_process'
import { Session } from 'node:inspector'

/** Calls from WebAssembly to JavaScript and back. */
let calls = 0
const counters = []

const counted = (functions) =>
  Object.fromEntries(
    Object.entries(functions).map(([name, it]) => {
      if (typeof it !== 'function') return [name, it]
      const call = (...given) => {
        calls++
        return it(...given)
      }
      return [name, call]
    }),
  )

const { Module, Instance } = WebAssembly

/** Adds a counter to each module by the program `instrument`. */
export function instrument(program) {
  WebAssembly.Module = new Proxy(Module, {
    construct: (_, [bytes]) => new Module(execFileSync(program, { input: bytes, maxBuffer: 2 ** 30 })),
  })
  WebAssembly.Instance = new Proxy(Instance, {
    construct(_, [module, imports = {}]) {
      const all = Object.entries(imports).map(([name, functions]) => [name, counted(functions)])
      const { exports } = new Instance(module, Object.fromEntries(all))
      const { 'executed instructions': counter, ...others } = exports
      counters.push(counter)
      return { exports: counted(others) }
    },
  })
}

const inspector = new Session()
inspector.connect()

function ask(method, parameters) {
  let answer
  inspector.post(method, parameters, (error, result) => {
    if (error) throw new Error(`${method}: ${error.message}`)
    answer = result
  })
  return answer
}

/** Starts to count. */
export function start() {
  ask('Profiler.enable')
  ask('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
}

/** Returns the counts so far. Those of source start anew with each call; source is that of scripts in the directory `url`. */
export function read(url) {
  const scripts = ask('Profiler.takePreciseCoverage').result.filter((script) => script.url.startsWith(url))
  return {
    ...(counters.length > 0 && { instructions: sum(counters.map(({ value }) => value)), calls }),
    source: sum(scripts.map(({ functions }) => executed(functions.flatMap(({ ranges }) => ranges)))),
  }
}

const sum = (numbers) => numbers.reduce((all, number) => all + number, 0)

/** Returns the length of all source, each part as often as it was executed: as often as the innermost range around it. */
function executed(ranges) {
  const byStart = ranges.toSorted((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset)
  const around = []
  let [all, at] = [0, 0]
  const reach = (offset) => {
    all += (around.at(-1)?.count ?? 0) * (offset - at)
    at = offset
  }
  const leave = (offset) => {
    while (around.length > 0 && around.at(-1).endOffset <= offset) {
      reach(around.at(-1).endOffset)
      around.pop()
    }
  }
  for (const range of byStart) {
    leave(range.startOffset)
    reach(range.startOffset)
    around.push(range)
  }
  leave(Infinity)
  return all
}
