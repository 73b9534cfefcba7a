"""The feeds room: documents into entries, dates as publishers write them, the schedule, the sources file."""
