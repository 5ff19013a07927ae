// Run by tests/test_contract.py: writes the version of the protocol that pages have.
import { PROTOCOL } from "../src/protocol.ts";

process.stdout.write(String(PROTOCOL));
