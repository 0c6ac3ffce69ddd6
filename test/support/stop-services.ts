export default async function stopServices(): Promise<void> {
  await Promise.all(globalThis.musterTestServices.map((service) => service.stop()));
}
