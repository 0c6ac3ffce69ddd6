import type { Database } from '../database';
import { classifyDatabaseError, DatabaseUnavailable } from '../database-faults';
import { Prisma, type PrismaClient } from '../generated/client';

/** A read through Prisma whose rejections are the same faults as those of `Database.query`. */
export async function typedRead<T>(database: Database, read: (prisma: PrismaClient) => Promise<T>): Promise<T> {
  try {
    return await read(database.prisma);
  } catch (error) {
    throw faultOf(error);
  }
}

// P1xxx: the server cannot be reached. P2024: no connection came free.
const UNAVAILABLE = /^(P1\d{3}|P2024)$/;

function faultOf(error: unknown): unknown {
  if (error instanceof Prisma.PrismaClientInitializationError) return new DatabaseUnavailable(error.message);
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return classifyDatabaseError(error, 'prisma');
  if (UNAVAILABLE.test(error.code)) return new DatabaseUnavailable(`Prisma says ${error.code}`);
  const driver = driverErrorOf(error);
  const fault = driver && classifyDatabaseError(driver, 'prisma');
  return fault && fault !== driver ? fault : error;
}

interface DriverCause {
  readonly originalCode?: string;
  readonly originalMessage?: string;
}

// Prisma keeps what the driver said, its SQLSTATE among it, three levels down.
function driverErrorOf({ meta }: Prisma.PrismaClientKnownRequestError): Error | undefined {
  const { cause } = (meta?.driverAdapterError ?? {}) as { cause?: DriverCause };
  if (!cause?.originalMessage) return undefined;
  return Object.assign(new Error(cause.originalMessage), { code: cause.originalCode ?? '' });
}
