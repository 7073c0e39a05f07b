import { Samples } from './statistics.js'

/** Measures each of them once a round, A B C A B C …, another one first in each round. */
export async function inTurn({ rounds, say }, what, names, measure) {
  const samples = new Samples()
  for (let round = 0; round < rounds; round++) {
    for (const name of turned(names, round)) samples.add(name, await measure(name, round))
    say(`${what}, round ${round + 1}: ${names.map((name) => `${name} ${samples.of(name)[round].toPrecision(4)}`).join(', ')}`)
  }
  return samples
}

/** Another one is first in each round. */
export function turned(list, round) {
  const first = round % list.length
  return [...list.slice(first), ...list.slice(0, first)]
}
