# The Vagrant boxes for libvirt and VirtualBox, for computers that are not Debian-like, where native/build-box.sh does not
# run. libvirt's begins as Debian's cloud image, which cloud-init gives its user (http/user-data); VirtualBox's comes from
# Debian's installer (http/preseed.cfg), since VirtualBox hands no seed to a cloud image. scripts/packages.sh makes both the
# same system. Valid under Packer 1.6 and current Packer (first: packer init packer/plugins).
#
#   packer build -only=qemu.lab packer/box.pkr.hcl              # accelerator: -var accelerator=tcg without KVM
#   packer build -only=virtualbox-iso.lab packer/box.pkr.hcl

variable "mirror" {
  type        = string
  default     = ""
  description = "Debian mirror such as http://deb.debian.org/debian (default: the one in versions.yaml)."
}

variable "security_mirror" {
  type        = string
  default     = ""
  description = "Mirror of Debian's security archive (default: the one in versions.yaml)."
}

variable "proxy" {
  type        = string
  default     = ""
  description = "HTTP proxy for APT, and for the installer."
}

variable "apt_options" {
  type        = string
  default     = ""
  description = "APT options for the build, as in apt.conf; a frozen mirror needs: Acquire::Check-Valid-Until \"false\";"
}

variable "image_url" {
  type        = string
  default     = ""
  description = "Cloud image for QEMU, qcow2 with cloud-init: address or file (default: Debian's generic image of the suite in versions.yaml)."
}

variable "image_checksum" {
  type        = string
  default     = ""
  description = "Its checksum, such as sha512:… or file:URL (default: Debian's SHA512SUMS)."
}

variable "iso_url" {
  type        = string
  default     = ""
  description = "Installer image for VirtualBox: netinst or mini.iso (default: the mirror's mini.iso of the suite in versions.yaml)."
}

variable "iso_checksum" {
  type        = string
  default     = ""
  description = "Its checksum, such as sha256:… or file:URL (default: the mirror's SHA256SUMS)."
}

variable "accelerator" {
  type        = string
  default     = "kvm"
  description = "Of QEMU: kvm, hvf, whpx, or tcg (slow)."
}

variable "output" {
  type        = string
  default     = "packer/output"
  description = "Folder for the finished boxes."
}

# No local refers to another one: Packer 1.6 resolves them in any order.
locals {
  versions        = yamldecode(file(abspath("${path.root}/versions.yaml")))
  mirror          = coalesce(var.mirror, yamldecode(file(abspath("${path.root}/versions.yaml"))).mirror)
  security_mirror = coalesce(var.security_mirror, yamldecode(file(abspath("${path.root}/versions.yaml"))).security_mirror)

  # A suite has its number in the name of its image. Not "genericcloud": the kernel of that one lacks many drivers.
  cloud_folder = format("https://cloud.debian.org/images/cloud/%s/latest",
  yamldecode(file(abspath("${path.root}/versions.yaml"))).suite)
  cloud_image = format("debian-%s-generic-amd64.qcow2", lookup(
    { bookworm = "12", trixie = "13", forky = "14" },
    yamldecode(file(abspath("${path.root}/versions.yaml"))).suite, "unknown"
  ))

  images = format("%s/dists/%s/main/installer-amd64/current/images",
    coalesce(var.mirror, yamldecode(file(abspath("${path.root}/versions.yaml"))).mirror),
  yamldecode(file(abspath("${path.root}/versions.yaml"))).suite)

  # The mirror's host and folder, as the installer asks for them.
  mirror_answers = regex_replace(
    coalesce(var.mirror, yamldecode(file(abspath("${path.root}/versions.yaml"))).mirror),
    "^https?://([^/]+)(.*)$", "mirror/http/hostname=$1 mirror/http/directory=$2"
  )
}

source "qemu" "lab" {
  vm_name      = "lab"
  iso_url      = coalesce(var.image_url, "${local.cloud_folder}/${local.cloud_image}")
  iso_checksum = coalesce(var.image_checksum, "file:${local.cloud_folder}/SHA512SUMS")
  disk_image   = true
  # The seed and the login, whose password is well known, are for this computer only. cloud-init finds where its seed is in
  # the serial number of the machine.
  http_directory    = "${path.root}/http"
  http_bind_address = "127.0.0.1"
  qemuargs = [
    ["-smbios", "type=1,serial=ds=nocloud;s=http://{{ .HTTPIP }}:{{ .HTTPPort }}/"],
    ["-netdev", "user,id=user.0,hostfwd=tcp:127.0.0.1:{{ .SSHHostPort }}-:22"],
  ]
  accelerator      = var.accelerator
  headless         = true
  vnc_bind_address = "127.0.0.1"
  cpus             = 2
  memory           = 1024
  format           = "qcow2"
  disk_interface   = "virtio"
  disk_size        = "${local.versions.disk}M"
  # A build that loses its power begins anew.
  disk_cache       = "unsafe"
  disk_discard     = "unmap"
  net_device       = "virtio-net"
  ssh_username     = "vagrant"
  ssh_password     = "vagrant"
  ssh_timeout      = "30m"
  shutdown_command = "sudo poweroff"
  output_directory = "${var.output}/qemu"
}

source "virtualbox-iso" "lab" {
  vm_name        = "lab"
  iso_url        = coalesce(var.iso_url, "${local.images}/netboot/mini.iso")
  iso_checksum   = coalesce(var.iso_checksum, "file:${local.images}/SHA256SUMS")
  http_directory = "${path.root}/http"
  boot_command = [
    "<esc><wait>",
    "auto url=http://{{ .HTTPIP }}:{{ .HTTPPort }}/preseed.cfg priority=critical net.ifnames=0 ",
    "${local.mirror_answers} mirror/http/proxy=${var.proxy} --- net.ifnames=0<enter>",
  ]
  boot_wait            = "10s"
  headless             = true
  guest_os_type        = "Debian_64"
  guest_additions_mode = "disable"
  cpus                 = 2
  memory               = 1024
  disk_size            = local.versions.disk
  # The Vagrantfile attaches second disks to this controller ("SATA Controller").
  hard_drive_interface = "sata"
  ssh_username         = "vagrant"
  ssh_password         = "vagrant"
  ssh_timeout          = "90m"
  shutdown_command     = "sudo poweroff"
  output_directory     = "${var.output}/virtualbox-iso"
}

build {
  sources = ["source.qemu.lab", "source.virtualbox-iso.lab"]

  provisioner "shell" {
    inline = ["mkdir -p /tmp/kit"]
  }

  provisioner "file" {
    source      = "${path.root}/packages.list"
    destination = "/tmp/kit/packages.list"
  }

  provisioner "file" {
    source      = "${path.root}/native/resolv.conf"
    destination = "/tmp/kit/resolv.conf"
  }

  provisioner "file" {
    sources     = ["${path.root}/files", "${path.root}/box", "${path.root}/scripts"]
    destination = "/tmp/kit/"
  }

  provisioner "shell" {
    environment_vars = [
      "LAB_SUITE=${local.versions.suite}",
      "LAB_ROUTER_SUITE=${local.versions.router_suite}",
      "LAB_MIRROR=${local.mirror}",
      "LAB_SECURITY_MIRROR=${local.security_mirror}",
      "LAB_APT_OPTIONS=${var.apt_options}",
      "http_proxy=${var.proxy}",
    ]
    execute_command = "sudo env {{ .Vars }} bash {{ .Path }}"
    inline          = ["exec bash /tmp/kit/scripts/packages.sh /tmp/kit"]
  }

  post-processor "vagrant" {
    output               = "${var.output}/{{ .Provider }}.box"
    vagrantfile_template = "${path.root}/box/Vagrantfile"
  }
}
