'use client'

import { useEffect } from 'react'

export default function Page() {
  // It looks at the page's address.
  useEffect(() => void import('../../../both.js'), [])
  return <p>both</p>
}
