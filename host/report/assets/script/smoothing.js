// A curve as a chart shows it: averaged over a window of the axis, with the extremes of that window beside it.

// Of points at rising x with mean, low and high: the mean over the points that are at most half a window away, and the
// lowest low and the highest high of them. Points without a value are left out. Linear in the number of points.
function smoothed(curve, window) {
  const {x, mean, low, high} = curve;
  const kept = [];
  for (let i = 0; i < x.length; ++i) {
    if (!Number.isNaN(mean[i]) && !Number.isNaN(x[i])) {
      kept.push(i);
    }
  }
  const out = {x: kept.map((i) => x[i]), mean: [], low: [], high: []};
  const lows = [], highs = [];  // indices whose lows rise, whose highs fall: the first is the window's
  let first = 0, next = 0, sum = 0, lowsFrom = 0, highsFrom = 0;
  for (let i = 0; i < kept.length; ++i) {
    for (; next < kept.length && out.x[next] <= out.x[i] + window / 2; ++next) {
      sum += mean[kept[next]];
      while (lows.length > lowsFrom && low[kept[lows[lows.length - 1]]] >= low[kept[next]]) {
        lows.pop();
      }
      lows.push(next);
      while (highs.length > highsFrom && high[kept[highs[highs.length - 1]]] <= high[kept[next]]) {
        highs.pop();
      }
      highs.push(next);
    }
    for (; out.x[first] < out.x[i] - window / 2; ++first) {
      sum -= mean[kept[first]];
    }
    while (lows[lowsFrom] < first) {
      ++lowsFrom;
    }
    while (highs[highsFrom] < first) {
      ++highsFrom;
    }
    out.mean.push(next - first === 1 ? mean[kept[first]] : sum / (next - first));
    out.low.push(low[kept[lows[lowsFrom]]]);
    out.high.push(high[kept[highs[highsFrom]]]);
  }
  return out;
}

// The curve in `count` equal parts of [from, to]: of each the mean, the lowest and the highest; null where it has no
// point. Its neighbours outside are in the first and the last part beyond, so that lines go on to the border.
function binned(curve, from, to, count) {
  const mean = new Array(count + 2).fill(null), low = mean.slice(), high = mean.slice(), points = new Array(count + 2).fill(0);
  const width = (to - from) / count || 1;
  const begin = Math.max(0, lastUntil(curve.x, from)), end = Math.min(curve.x.length - 1, lastUntil(curve.x, to) + 1);
  for (let i = begin; i <= end; ++i) {
    const bin = Math.max(0, Math.min(count + 1, curve.x[i] >= to ? (curve.x[i] > to ? count + 1 : count)
      : Math.floor((curve.x[i] - from) / width) + 1));
    mean[bin] = points[bin] === 0 ? curve.mean[i] : mean[bin] + (curve.mean[i] - mean[bin]) / (points[bin] + 1);
    low[bin] = points[bin] === 0 ? curve.low[i] : Math.min(low[bin], curve.low[i]);
    high[bin] = points[bin] === 0 ? curve.high[i] : Math.max(high[bin], curve.high[i]);
    ++points[bin];
  }
  return {mean, low, high};
}

// The middle of each part, and of one beyond on either side.
function binMiddles(from, to, count) {
  const width = (to - from) / count || 1;
  return Array.from({length: count + 2}, (_, i) => from + (i - 0.5) * width);
}
