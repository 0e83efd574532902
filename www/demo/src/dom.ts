// Finding elements, and writing into them only what has changed.

export function element<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page has no #${id}`)
  return found as T
}

export function write(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text
}

/** What a field of numbers says; its least value where it says nothing. */
export function numberIn(id: string): number {
  const field = element<HTMLInputElement>(id)
  return Number.isNaN(field.valueAsNumber) ? Number(field.min) : field.valueAsNumber
}
