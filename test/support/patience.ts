// Real servers on whatever machine this is: a test that hangs should say so, one on a busy machine should not.
jest.setTimeout(120_000);
