/**
 * The mini program of the shop: what a merchant's own uni-app project contains, and nothing more.
 * `uni` is the global that uni-app provides; on this page `uni.ts` stands in for it.
 */
import type { BuyReply, LoginReply, PayReply, QueryReply, Refusal } from "./contract";
import type { UserInfo } from "./uni";

const SERVER = location.origin;
let token = "";

/** Log in: a fresh code from WeChat, the user's name and picture, and a token of our own server for them. */
export async function logIn(): Promise<UserInfo> {
  const code = await new Promise<string>((resolve, reject) => {
    uni.login({ provider: "weixin", success: (res) => resolve(res.code), fail: reject });
  });
  const userInfo = await new Promise<UserInfo>((resolve, reject) => {
    uni.getUserProfile({ desc: "用于显示头像和昵称", success: (res) => resolve(res.userInfo), fail: reject });
  });
  const reply = await post<LoginReply>("/v1/login", { code, nickname: userInfo.nickName, photo: userInfo.avatarUrl });
  token = reply.token;
  return userInfo;
}

/** Ask the shop for an order. The price is the shop's business: the phone only names the item. */
export async function buy(item: string): Promise<string> {
  const reply = await post<BuyReply>("/demo/buy", { item });
  return reply.orderId;
}

/** Fetch the five signed parameters and hand them to WeChat. "ok" here is not yet a payment: ask the server. */
export async function pay(orderId: string): Promise<void> {
  const order = await post<PayReply>("/v1/pay", { orderId });
  await new Promise<unknown>((resolve, reject) => {
    uni.requestPayment({
      provider: "wxpay",
      timeStamp: order.timeStamp,
      nonceStr: order.nonceStr,
      package: order.package,
      signType: order.signType,
      paySign: order.paySign,
      success: resolve,
      fail: reject,
    });
  });
}

/** Is it paid? The server asks WeChat and answers; the phone believes nobody else. */
export function query(orderId: string): Promise<QueryReply> {
  return post<QueryReply>("/v1/query", { orderId });
}

/** The user's token, for reading their own orders. */
export function userToken(): string {
  return token;
}

/** The server said no: its code and message are kept for the person at the screen. */
export class ServerRefusal extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

function post<T>(path: string, data: Record<string, string>): Promise<T> {
  return new Promise((resolve, reject) => {
    uni.request({
      url: SERVER + path,
      method: "POST",
      header: token ? { token } : {},
      data,
      success: (res) => {
        if (res.statusCode >= 200 && res.statusCode < 300) resolve(res.data as T);
        else reject(new ServerRefusal(res.data as Refusal));
      },
      fail: reject,
    });
  });
}
