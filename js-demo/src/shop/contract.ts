/** What the server and the simulator answer, as far as the shop page reads it. Money is integer fen. */

export interface ShopItem {
  readonly id: string;
  readonly name: string;
  readonly name_zh: string;
  readonly price_fen: number;
  readonly emoji: string;
}

/** `GET /demo/config` */
export interface DemoConfig {
  readonly simulator: string;
  readonly appid: string;
  readonly items: readonly ShopItem[];
}

/** Every refusal of the JSON API. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly request_id?: string;
  readonly field?: string;
}

/** `POST /v1/login` */
export interface LoginReply {
  readonly token: string;
  readonly expire: number;
}

/** `POST /demo/buy` */
export interface BuyReply {
  readonly orderId: string;
}

/** `POST /v1/pay`: the five parameters of `uni.requestPayment` */
export interface PayReply {
  readonly timeStamp: string;
  readonly nonceStr: string;
  readonly package: string;
  readonly signType: string;
  readonly paySign: string;
}

/** `POST /v1/query` */
export interface QueryReply {
  readonly orderId: string;
  readonly trade_state: string;
  readonly paid: boolean;
  readonly total_fee: number;
}

/** `GET /v1/orders/{out_trade_no}` */
export interface OrderView {
  readonly out_trade_no: string;
  readonly trade_state: string;
  readonly total_fee: number;
  readonly transaction_id?: string;
  readonly anomalies: readonly unknown[];
  readonly revision: number;
}

/** One entry of `GET /sim/messages` */
export interface SimMessage {
  readonly n: number;
  readonly at_ms: number;
  readonly from: "server" | "wechat" | "shop";
  readonly to: "server" | "wechat" | "shop";
  readonly title: string;
  readonly method?: string;
  readonly url?: string;
  readonly status?: number;
  readonly content_type?: string;
  readonly body?: string;
  readonly note?: string;
  readonly exchange?: number;
}

/** One entry of `GET /sim/ledger` */
export interface LedgerEntry {
  readonly kind: string;
  readonly out_trade_no: string;
  readonly transaction_id: string;
  readonly total_fee: number;
}

/** `POST /sim/cashier`: the bill that WeChat shows, or why it shows none */
export type CashierReply =
  | { readonly ok: true; readonly prepay_id: string; readonly body: string; readonly total_fee: number; readonly merchant_name: string }
  | { readonly ok: false; readonly errMsg: string };

export type CashierAction = "pay" | "fail" | "cancel";

/** `POST /sim/cashier/{prepay_id}` */
export interface CashierResult {
  readonly ok: boolean;
  readonly errMsg: string;
  readonly trade_state?: string;
}
