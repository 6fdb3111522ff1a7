import type { Dictionary } from ".";

export const zh: Dictionary = {
  title: "每日对账",
  tagline: "微信的收款与退款,和本地订单逐笔核对",
  skip: "跳到当日",
  languageButton: "English",
  languageLabel: "English:切换到英文",
  themeLabel: { light: "切换到浅色主题", dark: "切换到深色主题" },
  lock: "锁定",
  lockLabel: "锁定:忘记管理密钥",

  gate: {
    title: "查看账目",
    advice: "请输入商户的管理密钥,即商户后台所用的密钥。它只留在本标签页,只发送给本服务端。",
    label: "管理密钥",
    open: "打开",
    show: "显示密钥",
    hide: "隐藏密钥",
  },

  loading: "正在读取…",
  recent: "最近 30 天",
  recentShort: "最近 14 天",
  legend: { paid: "收款", refunded: "退款", differs: "有差异", missing: "未对账" },
  barsLabel: "日期列表,可用方向键切换。",
  barOf: (date, what) => `${date}:${what}`,
  barPaid: (paid, refunded) => `收款 ${paid},退款 ${refunded}`,

  paid: "收款",
  refunded: "退款",
  net: "净额",
  payments: (n) => `${n.toLocaleString("en")} 笔`,
  refunds: (n) => `${n.toLocaleString("en")} 笔`,
  share: (percent) => `退回 ${percent}`,

  state: {
    agrees: "账单与本地一致",
    differs: (n) => `${n.toLocaleString("en")} 条差异`,
    missing: "尚未对账",
    noBill: "没有账单:当天无人付款",
  },
  compare: "立即对账",
  again: "重新对账",
  comparing: (rows) => `正在读取账单:${rows.toLocaleString("en")} 行`,
  asking: (asked, of) => `正在向微信查询:${asked} / ${of} 条差异`,
  missingAdvice: "微信在次日 10 点后提供账单。对账只需几秒,漏记的收款会自动补上。",

  facts: {
    finished: (when) => `对账时间 ${when}(北京时间)`,
    rows: (n) => `账单共 ${n.toLocaleString("en")} 行`,
    notOurs: (n) => `其他小程序或子商户 ${n.toLocaleString("en")} 行`,
    healed: (n) => `已补上 ${n.toLocaleString("en")} 条`,
    unanswered: (n) => `微信未应答 ${n.toLocaleString("en")} 条`,
    nearMidnight: (n) => `临近零点 ${n.toLocaleString("en")} 条,可能在相邻日账单`,
  },

  list: {
    title: "差异",
    none: "账单上的每笔收款和退款本地都有记录,本地也没有多出的记录。",
    first: (shown, all) => `共 ${all.toLocaleString("en")} 条,以下为前 ${shown} 条。查看全部:`,
    order: "商户订单号",
    refund: "商户退款单号",
    atWechat: "微信",
    here: "本地",
    absent: "没有",
  },
  kinds: {
    only_at_wechat: "仅微信有",
    only_here: "仅本地有",
    amount_differs: "金额不同",
    refund_differs: "退款不同",
  },
  kindAdvice: {
    only_at_wechat: "微信已收款,但本地订单未支付或不存在。",
    only_here: "本地已支付,但微信账单上没有。",
    amount_differs: "微信的金额与订单金额不同。",
    refund_differs: "一方没有这笔退款,或双方的金额、状态不同。",
  },
  outcomes: { healed: "已补上", remains: "仍有差异", unanswered: "微信未应答" },

  errors: {
    unauthorized: "这不是商户的管理密钥。",
    unreachable: "服务端没有应答。",
    cut_off: "连接中断。对账仍在进行,请稍后再看。",
    upstream_bill_not_ready: "微信尚未生成这份账单,次日 10 点后可用。",
    upstream_bill_damaged: "账单传输损坏,未被采用,请重试。",
    upstream_timeout: "微信没有及时应答,请重试。",
    upstream_unreachable: "无法连接微信,请重试。",
  },
  retry: "重试",
};
