// Tells a Service's life by the vendor's client for Node, and prints what it saw as JSON.
// With ORIGIN in the environment that is its base URL; without, nothing points it anywhere but
// the environment itself.
const twilio = require("twilio");

const UNKNOWN = "KS" + "0".repeat(32);

function client(sid, token) {
  const made = twilio(sid, token);
  if (process.env.ORIGIN) made.proxy.baseUrl = process.env.ORIGIN;
  return made.proxy.v1.services;
}

async function refused(act) {
  try {
    await act();
    return null;
  } catch (error) {
    return [error.status, error.code];
  }
}

async function main() {
  const seen = {};
  const services = client();
  const made = await services.create({ uniqueName: "é / 名", defaultTtl: 60 });
  const fetched = await services(made.sid).fetch();
  const updated = await services(made.sid).update({ uniqueName: "other" });
  seen.life = [made.uniqueName, fetched.uniqueName, fetched.defaultTtl, updated.uniqueName];
  seen.url = fetched.url.replace(made.sid, "SID");
  seen.date = fetched.dateCreated instanceof Date;
  seen.taken = await refused(() => services.create({ uniqueName: "other" }));
  seen.tooLong = await refused(() => services.create({ uniqueName: "x".repeat(192) }));
  seen.noUrl = await refused(() => services.create({ uniqueName: "x", callbackUrl: "x" }));
  seen.removed = await services(made.sid).remove();
  seen.gone = await refused(() => services(made.sid).fetch());
  seen.unknownUpdated = await refused(() => services(UNKNOWN).update({ defaultTtl: 1 }));
  seen.unknownRemoved = await refused(() => services(UNKNOWN).remove());
  seen.stranger = await refused(() => client(process.env.TWILIO_ACCOUNT_SID, "wrong").list());
  for (let number = 0; number < 11; number++) await services.create({ uniqueName: `${number}` });
  const named = (list) => list.map((service) => service.uniqueName).join(" ");
  seen.listed = named(await services.list({ pageSize: 4 }));
  seen.limited = named(await services.list({ limit: 3 }));
  seen.beyond = (await services.list({ limit: 2000 })).length;
  const first = await services.page({ pageSize: 5 });
  const second = await first.nextPage();
  seen.pages = [named(first.instances), named(second.instances)];
  seen.back = named((await second.previousPage()).instances);
  const streamed = [];
  await new Promise((resolve, reject) =>
    services.each({
      pageSize: 2,
      callback: (service) => streamed.push(service.sid),
      done: (error) => (error ? reject(error) : resolve()),
    }),
  );
  for (const sid of streamed) await services(sid).remove();
  seen.streamed = streamed.length;
  seen.left = (await services.list()).length;
  console.log(JSON.stringify(seen));
}

main().catch((error) => {
  console.error(error.stack || error);
  process.exit(1);
});
