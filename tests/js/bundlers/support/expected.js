// The expected events of `apps/scenario.js` and of the server.

export const EXPECTED = [
  'open',
  'hello',
  'bytes 1,2,3',
  'close 1006',
  'reconnecting 1',
  'close 1006',
  'reconnecting 2',
  'close 1006',
  'reconnecting 3',
  'open',
  'sent meanwhile',
  'close 1000',
  'end closed',
]

export const JOURNAL = ['open', 'hello', 'bytes 1,2,3', 'cut', 'refused', 'refused', 'open', 'sent meanwhile']
