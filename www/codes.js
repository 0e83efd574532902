// The numbers that cross between Rust and JavaScript, as TypeScript: `www/core/src/codes.rs` is their one description.

const HEAD = '// Made by `www/build.js` of `www/core/src/codes.rs`, where the numbers stand. Do not edit.\n'

const MODULE = /^\/\/\/ ([^\n]*)\npub\(crate\) mod (\w+) \{\n(.*?)^\}/gms
const CONSTANT = /(?: *\/\/\/ (.*)\n)? *pub\(crate\) const (\w+): u32 = (\d+);/g

const camel = (name) => name.toLowerCase().replace(/_(\w)/g, (_, letter) => letter.toUpperCase())
const pascal = (name) => camel(`_${name}`)

/** The TypeScript of such a file of Rust. */
export function codes(rust) {
  const modules = read(rust).map(({ doc, name, constants }) =>
    // Options cross by name, so their names are needed at run time.
    name === 'setting' ? options(doc, constants) : numbers(doc, pascal(name), constants),
  )
  return [HEAD, ...modules].join('\n')
}

/** The modules of such a file, in each of which the numbers begin with 0. */
export function read(rust) {
  return [...rust.matchAll(MODULE)].map(([, doc, name, body]) => {
    const constants = [...body.matchAll(CONSTANT)].map(([, doc, name, value]) => ({ doc, name, value }))
    constants.forEach(({ name, value }, index) => {
      if (+value !== index) throw new Error(`${name} is ${value}, and ${index} by its place`)
    })
    return { doc, name, constants }
  })
}

const comment = (doc) => (doc ? `  /** ${doc} */\n` : '')

function numbers(doc, name, constants) {
  const lines = constants.map(({ doc, name }) => `${comment(doc)}  ${pascal(name)},\n`)
  return `/** ${doc} */\nexport const enum ${name} {\n${lines.join('')}}\n`
}

function options(doc, constants) {
  const lines = constants.map(({ doc, name }) => `${comment(doc)}  ${camel(name)}: number\n`)
  const names = constants.map(({ name }) => `  '${camel(name)}',\n`)
  return (
    `/** ${doc} */\nexport interface Config {\n${lines.join('')}}\n\n` +
    `/** The names of {@link Config}, each in the place of its number. */\nexport const SETTINGS = [\n${names.join('')}] as const\n`
  )
}
