/** Who holds the phone. */

import { text } from "../text";
import type { UserInfo } from "../uni";

const FACE =
  "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 48 48'><rect width='48' height='48' fill='#fde2c8'/>" +
  "<path d='M5 48c0-11 8-15 19-15s19 4 19 15z' fill='#07c160'/><path d='M20 30h8v6a4 4 0 0 1-8 0z' fill='#f3b98a'/>" +
  "<circle cx='24' cy='22' r='11' fill='#ffd2a6'/>" +
  "<path d='M12 25c-1.500-14 5-18 12-18s13.500 4 12 18c-1.500-6-3.500-8.500-7-9.500-4 2.500-10 2.500-13 3.500-2.500 1-3 3-4 6z' fill='#4a3325'/></svg>";

export function owner(): UserInfo {
  return { nickName: text().phone.nickname, avatarUrl: "https://avatar.example/alice.png" };
}

/** The picture behind the owner's address. This page loads nothing from elsewhere, so it is drawn here. */
export function picture(): string {
  return `data:image/svg+xml,${encodeURIComponent(FACE)}`;
}
