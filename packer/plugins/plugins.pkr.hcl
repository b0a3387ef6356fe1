# Plugins that Packer 1.7 and newer do not bring along: `packer init packer/plugins` once. They are kept apart from
# the template because Packer 1.6 (Debian's), which has them built in, rejects this block.
packer {
  required_plugins {
    qemu = {
      source  = "github.com/hashicorp/qemu"
      version = ">= 1.1.0"
    }
    virtualbox = {
      source  = "github.com/hashicorp/virtualbox"
      version = ">= 1.0.5"
    }
    vagrant = {
      source  = "github.com/hashicorp/vagrant"
      version = ">= 1.1.0"
    }
  }
}
