// What the processes of pages have used, by /proc: Linux only.

import { readdirSync, readFileSync } from 'node:fs'

const read = (path) => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // It has ended meanwhile.
    return ''
  }
}

/** The processes of pages below a process: nanoseconds of CPU of all their threads, and how often these ran. */
export function usage(root) {
  const parents = new Map()
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const stat = read(`/proc/${pid}/stat`)
    parents.set(pid, stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  }
  const isBelow = (pid) => pid === `${root}` || (parents.has(pid) && isBelow(parents.get(pid)))
  const used = new Map()
  for (const pid of parents.keys()) {
    if (!isBelow(pid)) continue
    const line = read(`/proc/${pid}/cmdline`).split('\0').join(' ')
    if (!/--type=renderer|-isForBrowser|contentproc.* tab/.test(line)) continue
    let [cpu, turns] = [0, 0]
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      const [ran, , times] = read(`/proc/${pid}/task/${task}/schedstat`).split(' ').map(Number)
      cpu += ran || 0
      turns += times || 0
    }
    used.set(pid, { cpu, turns })
  }
  return used
}

/** What the page's process used between two readings: it is the one that used most, as no other page does anything. */
export function spent(before, after) {
  let most = { cpu: 0, turns: 0 }
  for (const [pid, { cpu, turns }] of after) {
    const earlier = before.get(pid)
    if (earlier && cpu - earlier.cpu > most.cpu) most = { cpu: cpu - earlier.cpu, turns: turns - earlier.turns }
  }
  return most
}
