export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

export const sum = (values) => values.reduce((total, value) => total + value, 0)

/** One list of measurements for each name, in the order in which the names came. */
export class Samples {
  #lists = new Map()

  add(name, value) {
    this.#lists.set(name, [...this.of(name), value])
  }

  of(name) {
    return this.#lists.get(name) ?? []
  }

  median(name) {
    return median(this.of(name))
  }
}

/** The ratio of the medians, and how far the rounds' own ratios are apart. */
export function compare(measured, against) {
  const ratios = measured.map((value, round) => value / against[round])
  return { ratio: median(measured) / median(against), least: Math.min(...ratios), most: Math.max(...ratios) }
}
