// Turns the declarations of tsc into those that the package contains.

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, posix } from 'node:path'

/**
 * Makes declarations of CommonJS modules, which those of the ES modules re-export: a class that is declared twice would be two
 * incompatible types. Removes declarations that no entry refers to.
 */
export function declarations(dist, entries) {
  const declared = readdirSync(dist, { recursive: true }).filter((file) => file.endsWith('.d.ts'))
  const texts = new Map(declared.map((file) => [file.slice(0, -5), readFileSync(join(dist, file), 'utf8')]))
  declared.forEach((file) => rmSync(join(dist, file)))

  const written = new Set()
  const write = (name) => {
    if (written.has(name)) return
    written.add(name)
    const text = texts.get(name).replace(/(from |import\()'(\.[^']*)\.js'/g, (_, before, path) => {
      write(posix.join(posix.dirname(name), path))
      return `${before}'${path}.cjs'`
    })
    writeFileSync(join(dist, `${name}.d.cts`), text)
  }
  for (const { name, source = name } of entries) {
    const [, main] = /(\w+) as default/.exec(texts.get(source)) ?? []
    if (name === source) write(name)
    else writeFileSync(join(dist, `${name}.d.cts`), again(source, main))
    writeFileSync(join(dist, `${name}.d.ts`), again(name, main))
  }
}

/**
 * Re-exports a module. Its default is exported by name, since in Node the default of a CommonJS module is its whole `exports`.
 */
function again(name, main) {
  return `export * from './${name}.cjs'\n${main ? `export { ${main} as default } from './${name}.cjs'\n` : ''}`
}
