// Gives the texts that have too little contrast to what is behind them.
() => {
  const channels = (colour) => (colour.match(/[\d.]+/g) || []).map(Number);
  const linear = (one) => (one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
  const light = (rgb) => rgb.slice(0, 3).reduce((sum, one, index) => sum + linear(one / 255) * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (place) => {
    for (let one = place; one; one = one.parentElement) {
      const colour = channels(getComputedStyle(one).backgroundColor);
      if (colour.length && colour[3] !== 0) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const place of document.querySelectorAll("body *:not(svg *):not(script):not(style)")) {
    const hasText = [...place.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
    if (!hasText || !place.checkVisibility() || place.closest(".unseen, .skip, :disabled")) continue;
    const [one, other] = [light(channels(getComputedStyle(place).color)), light(behind(place))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    if (ratio < 4.5) found.push(`${ratio.toFixed(1)} ${place.className || place.tagName} ${place.textContent.slice(0, 30)}`);
  }
  return found;
}
