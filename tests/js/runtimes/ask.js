// Calls the test server's remote control without `fetch`, which some environments lack, and which jsdom restricts to the same origin.

import http from 'node:http'

export const ask = (path) =>
  new Promise((resolve, reject) => {
    const request = http.get(process.env.HOMING_CONTROL + path, { agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (chunk) => (body += chunk))
      response.on('end', () => (response.statusCode === 200 ? resolve(body) : reject(new Error(`${path}: ${body}`))))
    })
    request.on('error', reject)
  })
