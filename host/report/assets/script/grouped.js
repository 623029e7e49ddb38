// Runs that differ in their seeds alone, as one curve with a band.

// Between the curve's points on a line; null outside of them.
function valueAt(curve, x) {
  const before = lastUntil(curve.x, x);
  if (before < 0) {
    return null;
  }
  if (curve.x[before] === x) {
    return curve.mean[before];
  }
  if (before + 1 >= curve.x.length) {
    return null;
  }
  const part = (x - curve.x[before]) / (curve.x[before + 1] - curve.x[before]);
  return curve.mean[before] + part * (curve.mean[before + 1] - curve.mean[before]);
}

// At each x that is inside of some of these curves the mean over them, and the band: from the smallest to the largest, a
// standard deviation to either side, or none. `own`: only where one of them has a point.
function groupCurve(curves, xs, band, own = false) {
  const mean = [], low = [], high = [], count = [];
  const points = own ? new Set(curves.flatMap((curve) => curve.x)) : null;
  for (const x of xs) {
    const values = points && !points.has(x) ? [] : curves.map((curve) => valueAt(curve, x)).filter((value) => value !== null && Number.isFinite(value));
    count.push(values.length);
    if (values.length === 0) {
      mean.push(null);
      low.push(null);
      high.push(null);
      continue;
    }
    const average = values.reduce((sum, value) => sum + value, 0) / values.length;
    const squares = values.reduce((sum, value) => sum + (value - average) ** 2, 0);
    const deviation = values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0;
    mean.push(average);
    low.push(band === 'range' ? Math.min(...values) : average - deviation);
    high.push(band === 'range' ? Math.max(...values) : average + deviation);
  }
  return {mean, low, high, count};
}
