// The program: hands its arguments to the table of commands.
#include <iostream>
#include <string>
#include <vector>

#include "app/command_line.hpp"

int main(int count, char** arguments) {
  adbacus::CommandIo io{std::cout, std::cerr};
  const std::vector<std::string> texts(arguments + 1, arguments + count);
  return adbacus::run_command_line(adbacus::command_table(), texts, io);
}
