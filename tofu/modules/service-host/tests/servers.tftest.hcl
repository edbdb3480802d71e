variables {
  environment = "staging"
  servers = {
    web-1 = { address = "10.0.0.1" }
    web-2 = { address = "10.0.0.2", port = 2200, user = "ops" }
  }
}

run "hosts_are_as_deployments_read_them" {
  assert {
    condition     = output.hosts["web-1"].host == "10.0.0.1" && output.hosts["web-1"].port == null
    error_message = "web-1 is reached at its address, at the usual port"
  }
  assert {
    condition     = output.hosts["web-2"].port == 2200 && output.hosts["web-2"].user == "ops"
    error_message = "web-2 is reached at its own port by its own user"
  }
}

run "one_address_is_one_server" {
  command = plan
  variables {
    servers = { web-1 = { address = "10.0.0.1" }, web-2 = { address = "10.0.0.1", port = 22 } }
  }
  expect_failures = [var.servers]
}

run "an_address_is_no_command_line_option" {
  command = plan
  variables {
    servers = { web-1 = { address = "10.0.0.1 -oProxyCommand=x" } }
  }
  expect_failures = [var.servers]
}

run "a_port_is_one" {
  command = plan
  variables {
    servers = { web-1 = { address = "10.0.0.1", port = 70000 } }
  }
  expect_failures = [var.servers]
}
