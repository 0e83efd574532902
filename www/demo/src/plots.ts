// The plots of the last minute, with the present at the right edge.

import uPlot, { type AlignedData } from 'uplot'
import { element } from './dom.js'
import { STATES } from './states.js'
import { colour } from './theme.js'
import { WINDOW } from './track.js'

const FONT = '12px system-ui, sans-serif'

const muted = (): string => colour('--muted')
const grid = { stroke: () => colour('--line'), width: 1 }

const seconds: uPlot.Axis = {
  stroke: muted,
  font: FONT,
  size: 26,
  gap: 9,
  grid,
  ticks: { show: false },
  splits: [-60, -45, -30, -15, 0],
  values: (_, splits) => splits.map((at) => (at === 0 ? 'now' : `${at} s`)),
}

/** Creates a plot in an element, with its width. */
function plot(id: string, series: uPlot.Series[], y: uPlot.Scale, axis: uPlot.Axis): uPlot {
  const place = element(id)
  const made = new uPlot(
    {
      width: place.clientWidth,
      height: place.clientHeight,
      padding: [8, 16, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false, range: [-WINDOW / 1000, 0] }, y },
      axes: [seconds, { stroke: muted, font: FONT, grid, ticks: { show: false }, gap: 6, ...axis }],
      series: [{}, ...series],
    },
    nothing(series.length + 1),
    place,
  )
  new ResizeObserver(() => made.setSize({ width: place.clientWidth, height: place.clientHeight })).observe(place)
  return made
}

/** A plot of lines from zero to at least `least`, with a dot for each value if there are few. */
export function lines(id: string, colours: string[], least: number, format: (value: number) => string, dots = false): uPlot {
  const series = colours.map(
    (name): uPlot.Series => ({
      stroke: () => colour(name),
      width: 1.5,
      fill: () => `${colour(name)}22`,
      points: dots ? { show: true, size: 4, fill: () => colour(name) } : { show: false },
    }),
  )
  const range: uPlot.Range.Function = (_, __, most) => [0, Math.max(least, (most ?? 0) * 1.1)]
  const values: uPlot.Axis.Values = (_, splits) => splits.map(format)
  return plot(id, series, { range }, { size: 58, space: 28, values })
}

/** A plot with a lane for each state. */
export function lanes(id: string): uPlot {
  const series = STATES.map(
    (state): uPlot.Series => ({
      stroke: () => colour(`--${state}`),
      width: 14,
      cap: 'butt',
      points: { show: false },
    }),
  )
  const splits = STATES.map((_, lane) => lane)
  const values = STATES.map((state) => state)
  return plot(id, series, { range: [-0.6, STATES.length - 0.4] }, { size: 80, splits, values, grid: { show: false } })
}

/** Without any values, uPlot would remove the axes and the plot would move. */
export function draw(made: uPlot, data: AlignedData): void {
  made.setData(data[0].length > 0 ? data : nothing(made.series.length))
}

function nothing(series: number): AlignedData {
  return [[-WINDOW / 1000, 0], ...Array.from({ length: series - 1 }, () => [null, null])]
}
