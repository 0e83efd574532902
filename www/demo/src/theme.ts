// The colours of the style sheet, light or dark, for canvases.

const dark = matchMedia('(prefers-color-scheme: dark)')
const known = new Map<string, string>()
dark.addEventListener('change', () => known.clear())

/** Returns the value of a custom property such as `--open`. */
export function colour(name: string): string {
  let value = known.get(name)
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(name).trim()
    known.set(name, value)
  }
  return value
}

export const calm = matchMedia('(prefers-reduced-motion: reduce)')
