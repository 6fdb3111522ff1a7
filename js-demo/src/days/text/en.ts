/** English. Its shape is the dictionary: a sentence missing in another language does not compile. */

export const en = {
  title: "Daily books",
  tagline: "What WeChat took and paid back, beside our own orders",
  skip: "Skip to the day",
  languageButton: "中文",
  languageLabel: "中文: switch to Chinese",
  themeLabel: { light: "Switch to the light theme", dark: "Switch to the dark theme" },
  lock: "Lock",
  lockLabel: "Lock: forget the admin key",

  gate: {
    title: "Open the books",
    advice: "With the merchant's admin key, the one your backend sends. It stays in this tab and goes to this server alone.",
    label: "Admin key",
    open: "Open",
    show: "Show the key",
    hide: "Hide the key",
  },

  loading: "Reading the days…",
  recent: "The last 30 days",
  recentShort: "The last 14 days",
  legend: { paid: "Paid", refunded: "Refunded", differs: "Differences", missing: "Not compared" },
  barsLabel: "Days. Arrow keys move from day to day.",
  barOf: (date: string, what: string) => `${date}: ${what}`,
  barPaid: (paid: string, refunded: string) => `paid ${paid}, refunded ${refunded}`,

  paid: "Paid",
  refunded: "Refunded",
  net: "Net",
  payments: (n: number) => (n === 1 ? "1 payment" : `${n.toLocaleString("en")} payments`),
  refunds: (n: number) => (n === 1 ? "1 refund" : `${n.toLocaleString("en")} refunds`),
  share: (percent: string) => `${percent} went back`,

  state: {
    agrees: "Bill and books agree",
    differs: (n: number) => (n === 1 ? "1 difference" : `${n.toLocaleString("en")} differences`),
    missing: "Not compared yet",
    noBill: "No bill: nobody paid",
  },
  compare: "Compare now",
  again: "Compare again",
  comparing: (rows: number) => `Reading the bill: ${rows.toLocaleString("en")} rows`,
  asking: (asked: number, of: number) => `Asking WeChat: ${asked} of ${of} differences`,
  missingAdvice: "WeChat has the bill after 10:00 of the next day. Comparing takes seconds, and heals what was missed.",

  facts: {
    finished: (when: string) => `compared ${when}, Beijing time`,
    rows: (n: number) => (n === 1 ? "1 row on the bill" : `${n.toLocaleString("en")} rows on the bill`),
    notOurs: (n: number) => `${n.toLocaleString("en")} of other mini programs or sub merchants`,
    healed: (n: number) => `${n.toLocaleString("en")} healed`,
    unanswered: (n: number) => `${n.toLocaleString("en")} not answered by WeChat`,
    nearMidnight: (n: number) => `${n.toLocaleString("en")} near midnight, perhaps on the neighbouring bill`,
  },

  list: {
    title: "Differences",
    none: "Every payment and refund of the bill is on record here, and none is missing there.",
    first: (shown: number, all: number) => `The first ${shown} of ${all.toLocaleString("en")}. All of them:`,
    order: "Order",
    refund: "Refund",
    atWechat: "At WeChat",
    here: "Here",
    absent: "not there",
  },
  kinds: {
    only_at_wechat: "Only at WeChat",
    only_here: "Only here",
    amount_differs: "Amount differs",
    refund_differs: "Refund differs",
  },
  kindAdvice: {
    only_at_wechat: "WeChat took money for an order that is not paid here.",
    only_here: "Paid here, but not on WeChat's bill.",
    amount_differs: "WeChat's amount is not the order's.",
    refund_differs: "A refund is missing on one side, or is not the same on both.",
  },
  outcomes: { healed: "healed", remains: "remains", unanswered: "not answered" },

  errors: {
    unauthorized: "This is not a merchant's admin key.",
    unreachable: "The server does not answer.",
    cut_off: "The connection broke. The comparison goes on; look again in a moment.",
    upstream_bill_not_ready: "WeChat has not made this bill yet. It is there after 10:00 of the next day.",
    upstream_bill_damaged: "The bill came damaged and was not used. Try again.",
    upstream_timeout: "WeChat did not answer in time. Try again.",
    upstream_unreachable: "WeChat cannot be reached. Try again.",
  } as Readonly<Record<string, string>>,
  retry: "Try again",
};
