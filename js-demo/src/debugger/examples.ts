/** What the examples menu offers. All data are invented; the keys are WeChat's own published samples. */

import type { SignType } from "./engine/report";
import type { Dictionary } from "./text";

export type ExampleId = keyof Dictionary["examples"]["items"];

export interface Example {
  readonly id: ExampleId;
  readonly group: "mistakes" | "vectors" | "messages";
  readonly message: string;
  readonly key: string;
  readonly appid?: string;
  readonly sign_type?: SignType;
}

/** The sample key of WeChat's documentation of the signature. */
const SAMPLE_KEY = "192006250b4c09247ec02edce69f6a2d";
/** The sample key of WeChat's documentation of the second signature. */
const SECOND_SAMPLE_KEY = "qazwsxedcrfvtgbyhnujmikolp111111";

const ORDER = {
  appid: "wxd678efh567hg6787",
  body: "旅行笔记本",
  mch_id: "1230000109",
  nonce_str: "dj2K9sQm4TxVb7WnYc3RzLp6HfGa8eUu",
  notify_url: "https://shop.example/wxpay/notify",
  openid: "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
  out_trade_no: "T20261121000042",
  spbill_create_ip: "203.0.113.9",
  total_fee: "1990",
  trade_type: "JSAPI",
};

const CLIENT = {
  appId: "wxd678efh567hg6787",
  timeStamp: "1795228800",
  nonceStr: "dj2K9sQm4TxVb7WnYc3RzLp6HfGa8eUu",
  package: "prepay_id=wx2017033010242291fcfe0db70013231072",
  signType: "MD5",
};

const REPLY = {
  return_code: "SUCCESS",
  return_msg: "OK",
  appid: "wxd678efh567hg6787",
  mch_id: "1230000109",
  nonce_str: "IITRi8Iabbblz1Jc",
  result_code: "SUCCESS",
  prepay_id: "wx2017033010242291fcfe0db70013231072",
  trade_type: "JSAPI",
  sign: "4F26EBD9090A55B77E66249AC77F412C",
};

const NOTICE = {
  appid: "wxd678efh567hg6787",
  attach: "",
  bank_type: "OTHERS",
  cash_fee: "90",
  coupon_count: "1",
  coupon_fee: "10",
  coupon_fee_0: "10",
  coupon_id_0: "10000",
  coupon_type_0: "CASH",
  fee_type: "CNY",
  future_field: "x",
  is_subscribe: "N",
  mch_id: "1230000109",
  nonce_str: "8VMExX7gt3imLgbM",
  openid: "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
  out_trade_no: "T20260101000001",
  result_code: "SUCCESS",
  return_code: "SUCCESS",
  sign_type: "MD5",
  time_end: "20260101120000",
  total_fee: "100",
  trade_type: "JSAPI",
  transaction_id: "4200000000202601010000000001",
  sign: "8F18DDEC7B6F71DAE231EF47C88D0CB2",
};

const REFUND = {
  return_code: "SUCCESS",
  appid: "wxd678efh567hg6787",
  mch_id: "1230000109",
  nonce_str: "Hq7Lm2Xc9Vb4Nz6Kw8Rt3Yp5Df1Gs0Ja",
  req_info:
    "WBzGpzQuNpcFxIlFjUUD9BZv+lpBMzd2SHiKCkwfALWid5G8ZvfOussfMIHLbKJmcnxPKdb1ZJEqTAp8ysQv+xa1fj+Eorgndx3fNxf3KAYa3LPgsjvZ"
    + "gxaeYyrhV05Kyk6r2eqO00M1+m6k8RvwcYkTV1pjwcytLdtQjh0tllit/IhjylujOijBDRRUk/4JL2Z9+x/cuPvtcy2Xw0ocncukD1hhLvXWNFSOPpnYlAOK"
    + "IlfZujc2wPQjUD70xspLlu61hLiRFfsqozx9uhCMpg==",
};

const { package: PACKAGE, ...WITHOUT_PACKAGE } = CLIENT;
const { appId: APPID, ...WITHOUT_APPID } = CLIENT;
const OFFICIAL = "appid=wxd930ea5d5a258f4f&body=test&device_info=1000&mch_id=10000100&nonce_str=ibuaiVcKdpRxkhJA";

export const EXAMPLES: readonly Example[] = [
  mistake("milliseconds", client({ ...CLIENT, timeStamp: "1795228800123", paySign: "945E877B86FEB729D2E1661431B05BFE" })),
  mistake("capital_package", client({ ...WITHOUT_PACKAGE, Package: PACKAGE, paySign: "B7AE0789B10F09BDCF602A70D00AD2E0" })),
  mistake("trade_mark", xml({ ...ORDER, sign: "B0DBB9CDBFFD83E0D368F11F3FC02AD2" })),
  mistake("float_money", xml({ ...ORDER, sign: "5BC045792FA4BCCAB3691DC7A4C9F95E" })),
  mistake("unsigned_sign_type", client({ ...CLIENT, paySign: "7C3C441654471D68935A0F0D828C5BDF" })),
  mistake("client_side", `console.log ${object({ ...CLIENT, key: SAMPLE_KEY, paySign: "B7AE0789B10F09BDCF602A70D00AD2E0" })}`, ""),
  mistake("empty_attach", xml({ ...ORDER, attach: "", sign: "A2D8B2EF3FC2E8273FF23A80B6CC37EA" })),
  mistake("key_line_feed", xml({ ...ORDER, sign: "0DA92FE3C110CD558D7ECEC84C7FC65A" })),
  {
    ...mistake("no_second_signing", [
      "// 1. unifiedorder", xml(REPLY), "", "// 2. wx.requestPayment", object({ ...WITHOUT_APPID, paySign: REPLY.sign }),
    ].join("\n")),
    appid: APPID,
  },
  { id: "official_md5", group: "vectors", message: `${OFFICIAL}&sign=9A0A8659F005D6984697E2CA0A9CF3B7`, key: SAMPLE_KEY },
  {
    // The sample names its algorithm beside the message, not in it.
    id: "official_hmac", group: "vectors", key: SAMPLE_KEY, sign_type: "HMAC-SHA256",
    message: `${OFFICIAL}&sign=6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6`,
  },
  {
    id: "official_second", group: "vectors", key: SECOND_SAMPLE_KEY,
    message: client({
      appId: "wxd678efh567hg6787",
      timeStamp: "1490840662",
      nonceStr: "5K8264ILTKCH16CQ2502SI8ZNMTM67VS",
      package: "prepay_id=wx2017033010242291fcfe0db70013231072",
      signType: "MD5",
      paySign: "22D9B4E54AB1950F51E0649E8810ACD6",
    }),
  },
  { id: "notice", group: "messages", message: xml(NOTICE), key: SAMPLE_KEY },
  { id: "refund_notice", group: "messages", message: xml(REFUND), key: SAMPLE_KEY },
  {
    id: "pair", group: "messages", key: SAMPLE_KEY, appid: APPID,
    message: `${xml(REPLY)}\n\n${client({ ...WITHOUT_APPID, paySign: "B7AE0789B10F09BDCF602A70D00AD2E0" })}`,
  },
];

function mistake(id: ExampleId, message: string, key = SAMPLE_KEY): Example {
  return { id, group: "mistakes", message, key };
}

function xml(fields: Readonly<Record<string, string>>): string {
  const line = ([name, value]: readonly [string, string]) =>
    `  <${name}>${/^\d*$/.test(value) ? value : `<![CDATA[${value}]]>`}</${name}>`;
  return ["<xml>", ...Object.entries(fields).map(line), "</xml>"].join("\n");
}

function client(fields: Readonly<Record<string, string>>): string {
  return `wx.requestPayment(${object(fields)})`;
}

function object(fields: Readonly<Record<string, string>>): string {
  return `{\n${Object.entries(fields).map(([name, value]) => `  ${name}: '${value}',`).join("\n")}\n}`;
}
