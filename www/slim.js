// Makes what wasm2js writes smaller: it brings along helpers and views of the memory that this module does not use, and
// exports that only a linker asks for. A minifier cannot know that they are not needed.

/** Replaces the only match, which must exist: another version of binaryen may write something else. */
function replaceOnce(text, pattern, replacement) {
  if (text.match(new RegExp(pattern, 'g'))?.length !== 1) throw new Error(`wasm2js wrote something new: no single ${pattern}`)
  return text.replace(pattern, replacement)
}

/**
 * Returns a module with one export, `instantiate()`, which returns the functions that the WebAssembly module exports. Loading
 * it does nothing else.
 *
 * @param {string} text what wasm2js wrote
 */
export function slim(text) {
  // What is in memory at the start, without a decoder of base64.
  const segments = []
  text = text.replace(/ base64DecodeToExistingUint8Array\(bufferView, (\d+), "([^"]*)"\);\n/g, (_, at, data) => {
    segments.push(` HEAPU8.set([${[...Buffer.from(data, 'base64')]}], ${at});\n`)
    return ''
  })
  if (segments.length > 0) {
    text = replaceOnce(text, /^[^]*?function initActiveSegments\(imports\) \{\s*\}\n/, '')
    text = replaceOnce(text, / bufferView = HEAPU8;\n initActiveSegments\(imports\);\n/, segments.join(''))
  }
  text = text.replace(/^ *bufferView = HEAPU8;\n/gm, '')

  text = replaceOnce(text, / "memory": Object\.create\([^]*?\n {2}\}\), \n/, '')
  text = text.replace(/ {2}"__\w+": \{[^]*?\n {3}\}\n {2}\}(, )?\n/g, '').replace(/, \n };/, '\n };')
  text = replaceOnce(text, /\nvar retasmFunc = [^]*$/, '')
  text = replaceOnce(text, /function asmFunc\(imports\)/, 'export function instantiate()')

  // Views, functions and globals that are mentioned nowhere but where they are set.
  for (const [line, name] of text.matchAll(/^ var ([\w$]+) = .*\n/gm)) {
    const mentions = text.split(new RegExp(`(?<![\\w$])${name.replaceAll('$', '\\$')}(?![\\w$])`)).length - 1
    const again = new RegExp(`^ {3}${name.replaceAll('$', '\\$')} = new \\w+\\(newBuffer\\);\\n`, 'm')
    if (mentions > (again.test(text) ? 2 : 1)) continue
    text = text.replace(line, '').replace(again, '')
  }
  return text
}
