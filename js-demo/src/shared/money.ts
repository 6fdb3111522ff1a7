/** Fen as people read them: 1280 is ¥12.80. Integer arithmetic only. */
export function yuan(fen: number): string {
  const size = Math.abs(fen);
  const cents = String(size % 100).padStart(2, "0");
  return `${fen < 0 ? "-" : ""}¥${(size - (size % 100)) / 100}.${cents}`;
}

/** The same with thousands apart, for sums: 123456789 is ¥1,234,567.89. */
export function groupedYuan(fen: number): string {
  return yuan(fen).replace(/\B(?=(\d{3})+\.)/g, ",");
}
