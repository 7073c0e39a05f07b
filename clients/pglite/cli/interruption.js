import { constants } from 'node:os'

/** What ends a command early. */
export class Interruption extends Error {
  constructor(signal) {
    super(`interrupted by ${signal}`)
    this.exitCode = 128 + constants.signals[signal]
  }
}

/**
 * Runs `body` to its end whatever signals come, and gives it a promise that rejects at the first of them.
 * @template T
 * @param {(interrupted: Promise<never>) => Promise<T>} body
 * @returns {Promise<T>}
 */
export async function withInterruption(body) {
  let interrupt
  const interrupted = new Promise((_, reject) => {
    interrupt = (signal) => reject(new Interruption(signal))
  })
  // It may come while nobody listens.
  interrupted.catch(() => {})
  const signals = ['SIGHUP', 'SIGINT', 'SIGTERM']
  for (const signal of signals) process.on(signal, interrupt)
  try {
    return await body(interrupted)
  } finally {
    for (const signal of signals) process.off(signal, interrupt)
  }
}
