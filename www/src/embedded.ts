// The module as text: deflated, then in base64. The build puts it in.

declare const MODULE: string

export async function embedded(): Promise<WebAssembly.Module> {
  const bytes = Uint8Array.from(atob(MODULE), (character) => character.charCodeAt(0))
  const inflated = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'))
  return WebAssembly.compile(await new Response(inflated).arrayBuffer())
}
