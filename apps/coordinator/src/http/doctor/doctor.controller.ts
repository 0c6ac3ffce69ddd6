import { DoctorView } from '@muster/contracts';
import { Controller, Get } from '@nestjs/common';
import { Needs } from '../access/caller';
import { Answers } from '../docs/describe';
import { Doctor } from './doctor';

@Controller('v1/doctor')
@Needs('operate')
export class DoctorController {
  constructor(private readonly doctor: Doctor) {}

  @Get()
  @Answers(DoctorView, {
    says: 'Database, queue, workers, and every invariant of the tables. May take seconds where they are large.',
  })
  async examine(): Promise<DoctorView> {
    return this.doctor.examine();
  }
}
