"""The sample newsroom: a dozen invented outlets on loopback, which `demo` plays and whose truth the tests compare with."""
