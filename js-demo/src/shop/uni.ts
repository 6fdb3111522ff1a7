/**
 * A stand-in for the global `uni` of uni-app, with WeChat played by the simulator. It calls back as uni-app does
 * (`success` or `fail`, then `complete`), checks payment parameters as WeChat's client does, and records each message.
 */
import type { CashierAction, CashierReply, CashierResult } from "./contract";
import type { Courier } from "./log/courier";

interface Callbacks<T> {
  success?: (res: T) => void;
  fail?: (err: { errMsg: string }) => void;
  complete?: (res: T | { errMsg: string }) => void;
}

export interface UserInfo {
  readonly nickName: string;
  readonly avatarUrl: string;
}

export interface Uni {
  login(options: { provider?: "weixin" } & Callbacks<{ errMsg: string; code: string }>): void;
  getUserProfile(options: { desc: string } & Callbacks<{ errMsg: string; userInfo: UserInfo }>): void;
  request(options: RequestOptions): void;
  requestPayment(options: PaymentOptions): void;
}

interface RequestOptions extends Callbacks<{ data: unknown; statusCode: number; errMsg: string }> {
  url: string;
  method?: "GET" | "POST";
  header?: Record<string, string>;
  data?: Record<string, string>;
}

export interface PaymentOptions extends Callbacks<{ errMsg: string }> {
  provider?: "wxpay";
  timeStamp: string;
  nonceStr: string;
  package: string;
  signType: string;
  paySign: string;
}

export type Bill = Extract<CashierReply, { ok: true }>;

/** What surrounds the phone: where WeChat is, who holds the phone, who draws WeChat's payment sheet. */
export interface World {
  readonly simulator: string;
  readonly appid: string;
  readonly courier: Courier;
  owner(): UserInfo;
  showSheet(bill: Bill, act: (action: CashierAction) => Promise<CashierResult>): Promise<CashierResult>;
}

declare global {
  var uni: Uni;
}

export function createUni(world: World): Uni {
  return {
    login: (options) => settle("login", options, async () => {
      const reply = await wechat<{ code: string }>(world, "/sim/login", { appid: world.appid, user: "alice" });
      return { errMsg: "login:ok", code: reply.code };
    }),
    getUserProfile: (options) => settle("getUserProfile", options, async () => {
      return { errMsg: "getUserProfile:ok", userInfo: world.owner() };
    }),
    request: (options) => settle("request", options, async () => {
      const { status, text } = await world.courier.send("server", {
        url: options.url,
        method: options.method ?? "GET",
        ...(options.header && { header: options.header }),
        ...(options.data && { body: JSON.stringify(options.data) }),
      });
      return { errMsg: "request:ok", statusCode: status, data: jsonOrText(text) };
    }),
    requestPayment: (options) => settle("requestPayment", options, () => startPayment(world, options)),
  };
}

/** Why WeChat's client would not even ask WeChat, or `undefined` when the five parameters have the right form. */
export function paymentFault(options: Record<string, unknown>): string | undefined {
  for (const name of ["timeStamp", "nonceStr", "package", "signType", "paySign"]) {
    const value = options[name];
    if (typeof value !== "string") {
      return `parameter error: parameter.${name} should be String instead of ${value === undefined ? "Undefined" : typeName(value)};`;
    }
  }
  if (!/^\d{10}$/.test(String(options.timeStamp))) return "timeStamp must be 10 digits: seconds, not milliseconds";
  if (!/^prepay_id=.+/.test(String(options.package))) return "package must be prepay_id= and the prepay_id";
  return undefined;
}

async function startPayment(world: World, options: PaymentOptions): Promise<{ errMsg: string }> {
  const fault = paymentFault({ ...options });
  if (fault !== undefined) throw new Error(fault);
  const { timeStamp, nonceStr, signType, paySign } = options;
  const bill = await wechat<CashierReply>(world, "/sim/cashier", {
    appId: world.appid, timeStamp, nonceStr, package: options.package, signType, paySign,
  });
  if (!bill.ok) throw new Error(detail(bill.errMsg));
  const path = `/sim/cashier/${encodeURIComponent(bill.prepay_id)}`;
  const result = await world.showSheet(bill, (action) => wechat<CashierResult>(world, path, { action }));
  if (!result.ok) throw new Error(detail(result.errMsg));
  return { errMsg: result.errMsg };
}

async function wechat<T>(world: World, path: string, data: Record<string, string>): Promise<T> {
  const url = world.simulator + path;
  const { status, text } = await world.courier.send("wechat", { url, method: "POST", body: JSON.stringify(data) });
  const reply = jsonOrText(text);
  if (status >= 400 && (typeof reply !== "object" || !("errMsg" in reply))) throw new Error(`the simulator answered ${status}: ${text}`);
  return reply as T;
}

/** Calls back as uni-app does; every failure reads `api:fail reason`. */
function settle<T extends { errMsg: string }>(api: string, callbacks: Callbacks<T>, work: () => Promise<T>): void {
  work().then(
    (res) => {
      callbacks.success?.(res);
      callbacks.complete?.(res);
    },
    (error: unknown) => {
      const failure = { errMsg: `${api}:fail ${error instanceof Error ? error.message : String(error)}` };
      callbacks.fail?.(failure);
      callbacks.complete?.(failure);
    },
  );
}

/** The reason alone: `settle` puts `requestPayment:fail` before it again. */
function detail(errMsg: string): string {
  return errMsg.replace(/^requestPayment:fail\s*/, "");
}

function jsonOrText(text: string): object | string {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : text;
  } catch {
    return text;
  }
}

function typeName(value: unknown): string {
  return value === null ? "Null" : (Object(value) as object).constructor.name;
}
